import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import type { Registry } from '../../registry/registry.js'
import { type NamingName, namings } from './naming/namings.js'
import type { ServerInstrumentOptions } from './server-instrument.js'

export interface HttpOptions extends ServerInstrumentOptions {
  /** The naming conventions to use; several during a transition. The default is `prometheus`. */
  readonly names?: NamingName | readonly NamingName[] | undefined
  /** The registry of the metrics. By default, the default registry. */
  readonly register?: Registry | undefined
  /** Upper bounds of the durations, in seconds. By default, those of the convention. */
  readonly buckets?: readonly number[] | undefined
  /** The maximum number of routes; later ones are shown as `_overflow`. The default is 500. */
  readonly maxRoutes?: number | undefined
  /** The maximum number of hosts that requests are sent to; later ones are shown as `_overflow`. The default is 100. */
  readonly maxHosts?: number | undefined
}

/** The names of the options. */
export const httpOptions = {
  names: true,
  register: true,
  buckets: true,
  maxRoutes: true,
  maxHosts: true,
  ignore: true,
  route: true,
} as const satisfies OptionNames<HttpOptions>

/** @throws MetricsError `OPTION_INVALID` for mistakes that would only show at the first request, or never */
export function checkHttpOptions(options: HttpOptions): void {
  checkOptions('instrumentHttp', options, httpOptions)
  const { names, ignore, route, maxRoutes, maxHosts } = options
  if (names !== undefined) {
    if (typeof names !== 'string' && !Array.isArray(names)) throw invalid('names', 'a name or several', names)
    if (checkNames(names, 'instrumentHttp: names').length === 0) throw invalid('names', 'one name at least', names)
  }
  for (const [option, value] of Object.entries({ ignore, route })) {
    if (value !== undefined && typeof value !== 'function') throw invalid(option, 'a function', value)
  }
  for (const [option, value] of Object.entries({ maxRoutes, maxHosts })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      throw invalid(option, 'a whole number of 0 or more', value)
    }
  }
}

/**
 * @param what the source of the names
 * @throws MetricsError `OPTION_INVALID` for an unknown name
 */
export function checkNames(names: string | readonly string[], what: string): readonly NamingName[] {
  const list = typeof names === 'string' ? [names] : names
  for (const name of list) {
    if (!Object.hasOwn(namings, name)) {
      const all = Object.keys(namings).join(', ')
      throw new MetricsError('OPTION_INVALID', `${what} must be of ${all}; got ${describe(name)}`)
    }
  }
  return [...new Set(list as readonly NamingName[])]
}

function invalid(option: string, says: string, got: unknown): MetricsError {
  return new MetricsError('OPTION_INVALID', `instrumentHttp: ${option} must be ${says}, got ${describe(got)}`)
}
