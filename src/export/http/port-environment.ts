import { MetricsError } from '../../model/errors.js'
import { firstSet, itemsOf, variables } from '../../platform/environment.js'
import type { PortLimits } from './port-limits.js'

/**
 * Reads the limits of a metrics port from the environment.
 *
 * @throws MetricsError `OPTION_INVALID`, with the name of the variable
 */
export function portOptionsFromEnvironment(
  environment: NodeJS.ProcessEnv,
): PortLimits & { readonly allowedHosts?: readonly string[] } {
  const allowedHosts = itemsOf(firstSet(variables.allowedHosts, environment)?.[1])
  const maxConnections = numberFrom(environment, variables.maxConnections)
  const sendTimeout = numberFrom(environment, variables.sendTimeout)
  return {
    ...(allowedHosts.length > 0 && { allowedHosts }),
    ...(maxConnections > 0 && { maxConnections: Math.floor(maxConnections) }),
    ...(sendTimeout > 0 && { sendTimeout: Math.ceil(sendTimeout * 1000) }),
  }
}

/** Returns 0, for the default, if the variable is not set. */
function numberFrom(environment: NodeJS.ProcessEnv, [variable]: readonly [string]): number {
  const text = environment[variable] ?? ''
  if (text === '') return 0
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) <= 1_000_000) return Number(text)
  throw new MetricsError(
    'OPTION_INVALID',
    `${variable} must be a number from 0 to 1000000, got ${JSON.stringify(text)}`,
  )
}
