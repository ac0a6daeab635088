import { MetricsError } from '../../model/errors.js'
import type { PortLimits } from './port-limits.js'

const variables = {
  allowedHosts: 'PROMHIVE_METRICS_ALLOWED_HOSTS',
  maxConnections: 'PROMHIVE_METRICS_MAX_CONNECTIONS',
  sendTimeout: 'PROMHIVE_METRICS_SEND_TIMEOUT',
} as const

/**
 * Reads the limits of a metrics port from the environment, for programs that are configured by it.
 *
 * @throws MetricsError `OPTION_INVALID`, naming the variable
 */
export function portOptionsFromEnvironment(
  environment: NodeJS.ProcessEnv,
): PortLimits & { readonly allowedHosts?: readonly string[] } {
  const hosts = environment[variables.allowedHosts] ?? ''
  const maxConnections = numberFrom(environment, variables.maxConnections)
  const sendTimeout = numberFrom(environment, variables.sendTimeout)
  return {
    ...(hosts !== '' && { allowedHosts: hostsIn(hosts) }),
    ...(maxConnections > 0 && { maxConnections: Math.floor(maxConnections) }),
    ...(sendTimeout > 0 && { sendTimeout: Math.ceil(sendTimeout * 1000) }),
  }
}

/** The names in a list that is separated by commas. */
export function hostsIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** 0, for the default, where the variable is not set. */
function numberFrom(environment: NodeJS.ProcessEnv, variable: string): number {
  const text = environment[variable] ?? ''
  if (text === '') return 0
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) <= 1_000_000) return Number(text)
  throw new MetricsError(
    'OPTION_INVALID',
    `${variable} must be a number from 0 to 1000000, got ${JSON.stringify(text)}`,
  )
}
