import type { Registry } from '../../collect/registry.js'
import { theHome } from '../../metric/home.js'
import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { watchExpressErrors } from './express-errors.js'
import { watchFastify } from './fastify-routes.js'
import { watchHttp2Servers } from './http2-server.js'
import { BoundedValues } from './label-values.js'
import { NamedFamilies } from './named-family.js'
import { type NamingName, namings } from './naming/namings.js'
import { watchNodeServers } from './node-server.js'
import { ServerInstrument, type ServerInstrumentOptions } from './server-instrument.js'
import { ServerMetrics } from './server-metrics.js'

export interface HttpOptions extends ServerInstrumentOptions {
  /** Whose names are used; several for a time of transition. `prometheus` when left out. */
  readonly names?: NamingName | readonly NamingName[] | undefined
  /** Where the metrics are shown; the default registry when left out. */
  readonly register?: Registry | undefined
  /** Upper bounds of the durations, in seconds; those of the convention when left out. */
  readonly buckets?: readonly number[] | undefined
  /** How many routes are told apart; those that come later are shown as `_overflow`. 500 when left out. */
  readonly maxRoutes?: number | undefined
}

const defaults = { names: 'prometheus', maxRoutes: 500 } as const

/** How many types of error are told apart. */
const mostErrorTypes = 100

/** What sees the HTTP of this process. */
export class HttpInstrument {
  readonly server: ServerInstrument
  private watching: readonly (() => void)[] = []

  constructor(options: HttpOptions) {
    const { names = defaults.names, maxRoutes = defaults.maxRoutes, register, buckets, ...rest } = options
    const families = new NamedFamilies(register ?? (theHome().registry as Registry), buckets)
    const chosen = checkNames(names, 'instrumentHttp: names').map((name) => namings[name])
    const errorTypes = new BoundedValues(mostErrorTypes)
    const routes = new BoundedValues(maxRoutes)
    this.server = new ServerInstrument(
      chosen.map((naming) => new ServerMetrics(naming, families, routes, errorTypes)),
      rest,
    )
  }

  /** Twice is once. */
  start(): void {
    if (this.watching.length > 0) return
    this.watching = [
      watchNodeServers(this.server),
      watchHttp2Servers(this.server),
      watchFastify(),
      watchExpressErrors(),
    ]
  }

  stop(): void {
    for (const end of this.watching) end()
    this.watching = []
  }
}

/**
 * @param what where the names were given
 * @throws MetricsError `OPTION_INVALID` for a name that is none
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

const place = Symbol.for('promhive.http')
const shared = globalThis as { [place]?: HttpInstrument }

/** The instrument of this process, if it has one: the same for the ESM and the CommonJS build. */
export function theHttpInstrument(): HttpInstrument | undefined {
  return shared[place]
}

/** The instrument of this process, made with these options where there is none yet. */
export function provideHttpInstrument(options: HttpOptions): HttpInstrument {
  const { names, buckets, register, maxRoutes, ...rest } = options
  const present = shared[place]
  if (present === undefined) {
    shared[place] = new HttpInstrument(options)
    shared[place].start()
    return shared[place]
  }
  const late = Object.entries({ names, buckets, register, maxRoutes }).find(([, value]) => value !== undefined)
  if (late !== undefined) {
    throw new MetricsError(
      'OPTION_INVALID',
      `instrumentHttp: ${late[0]} comes too late, HTTP is measured already; give it to the first call, or in the environment`,
    )
  }
  present.server.change(rest)
  return present
}
