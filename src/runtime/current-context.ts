import { makeEnvironmentAbsolute } from '../platform/paths.js'
import { provideRegistryContext } from '../registry/registry-context.js'
import { passToChildren } from './directory/application-directory.js'
import { unpackPm2Environment } from './pm2-environment.js'
import { ProcessContext } from './process-context.js'

/**
 * The number at the end is that of the contract between copies: another one whenever the methods of the context, of a store
 * or of a metric change. Copies with different numbers count beside each other, each as a writer of its own.
 */
const place = Symbol.for('promhive.context.1')
const shared = globalThis as { [place]?: ProcessContext }

/** The context of this process: the same for the ESM and the CommonJS build, and for two copies of a version. */
export function processContext(): ProcessContext {
  return (shared[place] ??= new ProcessContext())
}

provideRegistryContext(processContext)
// A preloaded package runs before PM2 has unpacked it.
unpackPm2Environment()
makeEnvironmentAbsolute()
// Before any thread or worker is started: it takes a copy of the environment along.
passToChildren()
