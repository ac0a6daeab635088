import { variables } from '../../platform/environment.js'
import { redisVariables } from '../../store/redis/environment-options.js'
import { settings } from '../../supervisor/settings/settings.js'

/** All environment variables that some process of promhive reads, under the names of other programs as well. */
export const knownVariables: ReadonlySet<string> = new Set<string>([
  ...Object.values(variables).flat(),
  ...redisVariables,
  ...Object.values(settings).flatMap(({ env }) => env),
])
