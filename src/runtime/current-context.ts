import { makeEnvironmentAbsolute } from '../platform/paths.js'
import { provideRegistryHome } from '../registry/registry-context.js'
import { passToChildren } from './directory/application-directory.js'
import { unpackPm2Environment } from './pm2-environment.js'
import { ProcessContext } from './process-context.js'

const place = Symbol.for('promhive')
const shared = globalThis as { [place]?: ProcessContext }

/** The context of this process: the same for the ESM and the CommonJS build, and for two copies of the package. */
export function processContext(): ProcessContext {
  return (shared[place] ??= new ProcessContext())
}

provideRegistryHome(processContext)
// A preloaded package runs before PM2 has unpacked it.
unpackPm2Environment()
makeEnvironmentAbsolute()
// Before any thread or worker is started: it takes a copy of the environment along.
passToChildren()
