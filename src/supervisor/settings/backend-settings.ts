import { variables } from '../../platform/environment.js'
import { absolutePath } from '../../platform/paths.js'
import { type SettingKind, text } from './kinds.js'
import type { SettingsTable } from './setting.js'

/** The backend of the application, if it does not count in a directory. */
export interface BackendSettings {
  /** A backend class, as `PROMHIVE_BACKEND_CLASS` names it; `redis` for that of `promhive/redis`. */
  readonly backend: string
  /** Its options: an object (in a file or in code), JSON, or the path of a JSON file. */
  readonly backendConfig: string
}

const backendClass: SettingKind<string> = {
  says: 'redis, or a class such as ./my-backend.mjs#MyBackend',
  read: (value) => (value === 'redis' ? 'promhive/redis#redis' : text.read(value)),
}

const options: SettingKind<string> = {
  says: 'an object of options, or the path of a JSON file with one',
  read(value) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return JSON.stringify(value)
    if (typeof value !== 'string' || value === '' || value.trimStart().startsWith('{')) return text.read(value)
    return absolutePath(value)
  },
}

export const backendSettings: SettingsTable<BackendSettings> = {
  backend: {
    kind: backendClass,
    default: '',
    env: variables.backendClass,
    help: 'what the application counts in instead of a directory: redis, or a backend class',
  },
  backendConfig: {
    kind: options,
    default: '',
    env: variables.backendConfig,
    secret: true,
    help: 'its options, or the path of a JSON file with them',
  },
}

/** Returns the environment variables for processes that count in this backend. */
export function backendEnvironment({ backend, backendConfig }: BackendSettings): Record<string, string> {
  return {
    ...(backend !== '' && { PROMHIVE_BACKEND_CLASS: backend }),
    ...(backend !== '' && backendConfig !== '' && { PROMHIVE_BACKEND_CONFIG: backendConfig }),
  }
}
