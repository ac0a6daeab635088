import { makeEnvironmentAbsolute } from '../platform/paths.js'
import { sharedObject } from '../platform/test-file.js'
import { provideRegistryContext } from '../registry/registry-context.js'
import { passToChildren } from './directory/application-directory.js'
import { unpackPm2Environment } from './pm2-environment.js'
import { ProcessContext } from './process-context.js'

/**
 * The number at the end is the version of the contract between copies of the package: it changes with the methods of
 * the context, of a store or of a metric. Copies with different numbers count separately, as two writers.
 */
const place = Symbol.for('promhive.context.1')
const shared = sharedObject as { [place]?: ProcessContext }

/** Returns the context of this process, which the ESM and the CommonJS build share, and two copies of one version. */
export function processContext(): ProcessContext {
  return (shared[place] ??= new ProcessContext())
}

provideRegistryContext(processContext)
// A preloaded package runs before PM2 has unpacked it.
unpackPm2Environment()
makeEnvironmentAbsolute()
// Called before any thread or worker is started, because they copy the environment.
passToChildren()
