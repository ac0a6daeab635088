import { nearest } from '../model/nearest-name.js'
import { isServiceVariable } from '../model/service-link.js'
import { variables } from '../platform/environment.js'
import { redisVariables } from '../store/redis/environment-options.js'
import { settings } from '../supervisor/settings/settings.js'

/** All environment variables that some process of promhive reads. */
export const knownVariables: ReadonlySet<string> = new Set<string>([
  ...Object.values(variables).flat(),
  ...redisVariables,
  ...Object.values(settings).flatMap(({ env }) => env),
])

/** Returns the variables that were not set by Kubernetes, for example for a service named `promhive`. */
export function ownVariables(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => (isServiceVariable(name, value) ? [] : [name]))
}

/**
 * Returns a sentence for each variable that is probably a misspelt one of promhive. The application may have variables
 * with promhive's prefix as well, so a name must differ in a few letters only.
 */
export function misspeltVariables(environment: NodeJS.ProcessEnv): string[] {
  return ownVariables(environment).flatMap((name) => {
    if (!name.startsWith(prefix) || knownVariables.has(name)) return []
    const meant = nearest(name, knownVariables, name.length - prefix.length > 5 ? 2 : 1)
    return meant === undefined ? [] : [`there is no variable ${name}; did you mean ${meant}?`]
  })
}

const prefix = 'PROMHIVE_'
