import type { Exposition } from '../../export/contract.js'
import type { EncryptionOptions } from '../../export/http/encryption.js'
import type { PortEvents } from '../../export/http/port-events.js'
import { type MetricsServer, openMetricsServer } from '../../export/http/scrape-server.js'
import { portMetrics } from '../../instrument/port/port-metrics.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { holdAwaited } from '../../platform/held.js'
import { setImmediate } from '../../platform/timers.js'
import { registryContext } from '../../registry/registry-context.js'
import { type Logger, standardLogger, textOf } from '../log.js'
import { Configuration } from '../settings/configuration.js'
import { encryptionOf } from '../settings/encryption-settings.js'
import { portOptionsOf } from '../settings/port-settings.js'
import { settings as everySetting } from '../settings/settings.js'

export interface MetricsServerSettings {
  readonly port: number
  readonly host?: string
  readonly path?: string
  /** How often a taken port is tried. */
  readonly portAttempts?: number
  /** Over https where there is a certificate. */
  readonly tls?: EncryptionOptions | undefined
  /** Further names that the `Host` header may have. */
  readonly allowedHosts?: readonly string[]
  readonly maxConnections?: number
  /** Seconds that a client may take to read an answer. */
  readonly sendTimeout?: number
}

/** What `setupServer` decides. */
export interface MetricsServerSetup extends MetricsServerSettings {
  readonly registry: Exposition
}

const known = {
  port: true,
  host: true,
  path: true,
  portAttempts: true,
  tls: true,
  allowedHosts: true,
  maxConnections: true,
  sendTimeout: true,
  registry: true,
} as const satisfies OptionNames<MetricsServerSetup>

/**
 * Opens the metrics port, and closes it. A port that cannot be had costs the scrapes, never the application.
 *
 * @experimental
 */
export class MetricsServerManager {
  static {
    holdAwaited(MetricsServerManager.prototype, 'startServer', 'stopServer')
  }

  private server: MetricsServer | undefined
  private setup: MetricsServerSetup | undefined

  constructor(
    readonly logger: Logger = standardLogger,
    private readonly retryEvery = 200,
  ) {}

  /** Where the metrics are; undefined while the port is closed. */
  get url(): string | undefined {
    return this.server?.url
  }

  /**
   * Where the environment says that the metrics are to be, and the default registry; undefined when it says what cannot be,
   * which is logged.
   *
   * @example
   * const manager = new MetricsServerManager()
   * const setup = manager.setupServer()
   * if (setup) await manager.startServer(setup, setup.registry)
   */
  setupServer(environment: NodeJS.ProcessEnv = process.env): MetricsServerSetup | undefined {
    try {
      const configuration = new Configuration({ environment })
      const { port, host, path, portAttempts, allowedHosts, maxConnections, sendTimeout } = configuration.settings
      const tls = encryptionOf(configuration)
      const limits = { allowedHosts, maxConnections, sendTimeout }
      this.setup = { port, host, path, portAttempts, tls, ...limits, registry: registryContext().registry }
      return this.setup
    } catch (fault) {
      this.logger.error(`no metrics port: ${textOf(fault)}`)
      return undefined
    }
  }

  /**
   * Opens the port; tries again a few times while it is taken. A second call while it is open does nothing.
   *
   * @param where a port, with the address, path and certificates that `setupServer` has read, if it has; or all of it
   * @param registry the default one when left out
   * @returns whether it is open
   * @throws MetricsError `OPTION_INVALID` for an option that does not exist
   */
  async startServer(where: number | MetricsServerSettings, registry?: Exposition): Promise<boolean> {
    // A supervisor's settings are more than these.
    checkOptions('startServer', where, known, everySetting)
    if (this.server !== undefined) return true
    const {
      port,
      host,
      path,
      portAttempts,
      tls,
      allowedHosts = [],
      maxConnections = 0,
      sendTimeout = 0,
    } = typeof where === 'number' ? { ...this.setup, port: where } : where
    try {
      const options = {
        port,
        ...(host !== undefined && { host }),
        registry: registry ?? registryContext().registry,
        tls,
        keepAlive: true,
        retryEvery: this.retryEvery,
        ...(path !== undefined && { path }),
        ...(portAttempts !== undefined && { attempts: portAttempts }),
        ...portOptionsOf({ allowedHosts, maxConnections, sendTimeout }),
      }
      this.server = await openMetricsServer(options, this.events())
      const { url } = this.server
      this.logger.debug?.(`metrics at ${url}`, { event: 'metricsPort', url })
      return true
    } catch (fault) {
      this.logger.error(`the metrics cannot be scraped, and the application continues: ${textOf(fault)}`)
      return false
    }
  }

  /** What the port reports is logged; after this turn it is counted, when there is where faults are counted for all. */
  private events(): PortEvents {
    return portMetrics(registryContext(), (error) => {
      this.logger.warn(error.message)
      setImmediate(() => registryContext().onError(error))
    })
  }

  /** Closes the port and its connections. Twice is once. */
  async stopServer(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (server === undefined) return
    await server.close()
    const { url } = server
    this.logger.debug?.(`the metrics port ${url} is closed`, { event: 'metricsPortClosed', url })
  }
}
