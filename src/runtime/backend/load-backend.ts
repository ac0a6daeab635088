import type { Backend } from '../../store/contract.js'
import { processContext } from '../current-context.js'
import { type BackendChoice, chooseBackend } from './backend-choice.js'
import type { BackendConfig } from './backend-config.js'

/**
 * Counts in a backend from now on; what was counted before is carried there. Each argument comes before its environment
 * variable, and that before promhive's own choice: called with nothing, it looks at the environment again. A process whose
 * environment names a backend uses it from its first count on, without this call.
 *
 * @param backendClass a backend, its class, a function that makes one, or where one of these is found, as
 *   `module#export`; `PROMHIVE_BACKEND_CLASS` (or pytheus' `PYTHEUS_BACKEND_CLASS`) when left out
 * @param backendConfig what the class is made with; the JSON file that `PROMHIVE_BACKEND_CONFIG` (or
 *   `PYTHEUS_BACKEND_CONFIG`) names when left out, and an empty object without one
 * @returns the backend; undefined if none is named, and promhive's own choice stays
 * @throws MetricsError `BACKEND_NOT_FOUND`, `BACKEND_INVALID` or `BACKEND_CONFIG_INVALID`, naming the variable at fault
 * @example loadBackend('./files-backend.mjs#FilesBackend', { folder: '/var/run/shop' })
 */
export function loadBackend(backendClass?: BackendChoice, backendConfig?: BackendConfig): Backend | undefined {
  const backend = chooseBackend(backendClass, backendConfig)
  if (backend !== undefined) processContext().useBackend(backend)
  return backend
}
