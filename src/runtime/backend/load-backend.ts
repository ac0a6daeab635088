import type { Backend } from '../../store/contract.js'
import { processContext } from '../current-context.js'
import { type BackendChoice, chooseBackend } from './backend-choice.js'
import type { BackendConfig } from './backend-config.js'

/**
 * Counts in a backend from now on; earlier counts move there. Each argument overrides its environment variable, and
 * that overrides promhive's own choice. Without arguments, the environment is read again. A process whose environment
 * names a backend uses it from its first count on, without this call.
 *
 * @param backendClass a backend, its class, a function that creates one, or the module of one of these, as
 * `module#export`. The default is `PROMHIVE_BACKEND_CLASS` (or pytheus' `PYTHEUS_BACKEND_CLASS`)
 * @param backendConfig the argument of the class. The default is the JSON file that `PROMHIVE_BACKEND_CONFIG` (or
 * `PYTHEUS_BACKEND_CONFIG`) names, or an empty object
 * @returns the backend; undefined if none is named, so that promhive's own choice stays
 * @throws MetricsError `BACKEND_NOT_FOUND`, `BACKEND_INVALID` or `BACKEND_CONFIG_INVALID`, with the variable at fault
 * @example loadBackend('./files-backend.mjs#FilesBackend', { folder: '/var/run/shop' })
 */
export function loadBackend(backendClass?: BackendChoice, backendConfig?: BackendConfig): Backend | undefined {
  const backend = chooseBackend(backendClass, backendConfig)
  if (backend !== undefined) processContext().useBackend(backend)
  return backend
}
