import { firstSet, variables } from '../platform/environment.js'
import { processEnvironment } from '../platform/process-environment.js'
import { environmentNamesBackend } from './backend/backend-choice.js'
import { misspeltVariables } from './misspelt-variables.js'
import type { ProcessLog } from './process-log.js'

/** Variables for the address of Redis that `redis()` reads. */
const addressVariables = ['PROMHIVE_REDIS_URL', 'PROMHIVE_REDIS_HOST', 'PROMHIVE_REDIS_SENTINELS'] as const

/** Returns a sentence about variables that configure a backend while none is chosen; undefined if there are none. */
export function unusedVariables(
  env: NodeJS.ProcessEnv,
  among: 'config' | 'address' | 'all' = 'all',
): string | undefined {
  if (environmentNamesBackend(env)) return undefined
  const names = [
    ...(among === 'address' ? [] : variables.backendConfig),
    ...(among === 'config' ? [] : addressVariables),
  ]
  const set = names.filter((name) => env[name])
  if (set.length === 0) return undefined
  const verb = set.length === 1 ? 'has' : 'have'
  return `${set.join(' and ')} ${verb} no effect here, because no backend is chosen: set PROMHIVE_BACKEND_CLASS=promhive/redis#redis to count in Redis`
}

let misspeltWarned = false
let warned = false

/** Warns of such variables, and of misspelt ones, once, unless this is a worker, whose supervisor does so. */
export function warnOfUnusedVariables(log: ProcessLog, among: 'address' | 'all' = 'all'): void {
  if (firstSet(variables.configuration)) return
  if (!misspeltWarned) for (const text of misspeltVariables(processEnvironment())) log.warn('VARIABLE_UNKNOWN', text)
  misspeltWarned = true
  if (warned) return
  const unused = unusedVariables(processEnvironment(), among)
  if (unused === undefined) return
  warned = true
  log.warn('VARIABLE_UNUSED', unused)
}
