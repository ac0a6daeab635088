import { MetricsError } from '../../model/errors.js'
import { refuseNull } from '../../model/known-options.js'
import { atNextTestFile, sharedObject } from '../../platform/test-file.js'
import { setImmediate } from '../../platform/timers.js'
import { registryContext } from '../../registry/registry-context.js'
import { ClientInstrument } from './client-instrument.js'
import { ClientMetrics } from './client-metrics.js'
import { watchExpressErrors } from './express-errors.js'
import { watchFastify } from './fastify-routes.js'
import { checkHttpOptions, checkNames, type HttpOptions } from './http-options.js'
import { watchHttp2Servers } from './http2-server.js'
import { BoundedValues } from './label-values.js'
import { NamedFamilies } from './named-family.js'
import { namings } from './naming/namings.js'
import { watchNodeClient } from './node-client.js'
import { watchNodeServers } from './node-server.js'
import { ServerInstrument } from './server-instrument.js'
import { ServerMetrics } from './server-metrics.js'
import { watchUndici } from './undici-client.js'
import { isSupervised } from './worker-number.js'

const defaults = { names: 'prometheus', maxRoutes: 500, maxHosts: 100 } as const

/** The maximum number of error types with a series of their own. */
const mostErrorTypes = 100

/** Measures the HTTP requests of this process. */
export class HttpInstrument {
  readonly server: ServerInstrument
  private readonly makeClient: () => ClientInstrument
  private watchingServers: readonly (() => void)[] = []
  private watchingClients: readonly (() => void)[] = []

  constructor(options: HttpOptions) {
    refuseNull('instrumentHttp', options)
    const { names = defaults.names, register, buckets, ...rest } = options
    const { maxRoutes = defaults.maxRoutes, maxHosts = defaults.maxHosts } = options
    const families = new NamedFamilies(register ?? registryContext().registry, buckets)
    const chosen = checkNames(names, 'instrumentHttp: names').map((name) => namings[name])
    const errorTypes = new BoundedValues(mostErrorTypes)
    const routes = new BoundedValues(maxRoutes)
    this.server = new ServerInstrument(
      chosen.map((naming) => new ServerMetrics(naming, families, routes, errorTypes)),
      rest,
    )
    const clients = chosen.flatMap((naming) => naming.client ?? [])
    const hosts = new BoundedValues(maxHosts)
    this.makeClient = () =>
      new ClientInstrument(clients.map((naming) => new ClientMetrics(naming, families, hosts, errorTypes)))
  }

  /** Installs the hooks for the requests that a middleware tracks. A second call does nothing. */
  start(): void {
    if (this.watchingServers.length > 0) return
    this.watchingServers = [
      watchNodeServers(this.server),
      watchHttp2Servers(this.server),
      watchFastify(),
      watchExpressErrors(),
    ]
  }

  /** Measures every request, including outgoing ones. */
  measureEverything(): void {
    this.start()
    this.server.everything = true
    // Without a supervisor, the application may still call configure(), so this waits for its first turn.
    if (isSupervised()) this.server.open()
    else setImmediate(() => this.server.open()).unref()
    if (this.watchingClients.length > 0) return
    const client = this.makeClient()
    this.watchingClients = [watchNodeClient(client), watchUndici(client)]
  }

  stop(): void {
    for (const end of [...this.watchingServers, ...this.watchingClients]) end()
    this.watchingServers = []
    this.watchingClients = []
    this.server.everything = false
  }
}

const place = Symbol.for('promhive.http')
const shared = sharedObject as { [place]?: HttpInstrument }

/**
 * Returns the instrument of this process, and creates it with these options if there is none yet. The ESM and the CommonJS
 * build share it.
 */
export function provideHttpInstrument(options: HttpOptions): HttpInstrument {
  checkHttpOptions(options)
  const { names, buckets, register, maxRoutes, maxHosts, ...rest } = options
  const present = shared[place]
  if (present === undefined) {
    const instrument = new HttpInstrument(options)
    shared[place] = instrument
    instrument.start()
    // Otherwise it would take the requests of the next test file.
    atNextTestFile(() => instrument.stop())
    return instrument
  }
  const late = Object.entries({ names, buckets, register, maxRoutes, maxHosts }).find(
    ([, value]) => value !== undefined,
  )
  if (late !== undefined) {
    throw new MetricsError(
      'OPTION_INVALID',
      `instrumentHttp: ${late[0]} comes too late, HTTP is measured already; give it to the first call, or in the environment`,
    )
  }
  present.server.change(rest)
  return present
}
