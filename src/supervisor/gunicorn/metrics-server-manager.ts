import type { Exposition } from '../../export/contract.js'
import type { EncryptionOptions } from '../../export/http/encryption.js'
import type { PortEvents } from '../../export/http/port-events.js'
import type { Route } from '../../export/http/route-table.js'
import { type MetricsServer, openMetricsServer } from '../../export/http/scrape-server.js'
import type { PageSource } from '../../export/page/page-source.js'
import { type ReadinessCheck, readingCheck } from '../../gather/readiness.js'
import { portMetrics } from '../../instrument/port/port-metrics.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { holdAwaited } from '../../platform/held.js'
import { processEnvironment } from '../../platform/process-environment.js'
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
  /** The maximum number of attempts to open a port in use. */
  readonly portAttempts?: number
  /** HTTPS is used if a certificate is set. */
  readonly tls?: EncryptionOptions | undefined
  /** Further names that the `Host` header may have. */
  readonly allowedHosts?: readonly string[]
  readonly maxConnections?: number
  /** Seconds within which a client must read an answer. */
  readonly sendTimeout?: number
}

/** The result of `setupServer`. */
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
 * Opens and closes the metrics port. If the port cannot be opened, the application continues.
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
    /** Further routes of the port. */
    private readonly routes: readonly Route[] = [],
    /** What the page for people shows. */
    private readonly page?: PageSource,
  ) {}

  /** The URL of the metrics; undefined while the port is closed. */
  get url(): string | undefined {
    return this.server?.url
  }

  /** The URL of the page for people; undefined without the page, and while the port is closed. */
  get pageUrl(): string | undefined {
    return this.server?.pageUrl
  }

  /**
   * Reads the address of the metrics from the environment, and returns it with the default registry; returns undefined
   * for an invalid value, which is logged.
   *
   * @example
   * const manager = new MetricsServerManager()
   * const setup = manager.setupServer()
   * if (setup) await manager.startServer(setup, setup.registry)
   */
  setupServer(environment: NodeJS.ProcessEnv = processEnvironment()): MetricsServerSetup | undefined {
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
   * Opens the port; tries again a few times while it is in use. Does nothing if it is open.
   *
   * @param where a port, completed by the address, path and certificates that `setupServer` has read; or all of these
   * @param registry by default, the default registry
   * @param readiness answers `/readyz`; by default, whether the metrics can be read
   * @returns whether the port is open
   * @throws MetricsError `OPTION_INVALID` for an option that does not exist
   */
  async startServer(
    where: number | MetricsServerSettings,
    registry?: Exposition,
    readiness: ReadinessCheck = readingCheck(() => registryContext().gatherer),
  ): Promise<boolean> {
    // A supervisor passes all its settings.
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
      const setup = { events: this.events(), readiness, routes: this.routes, page: this.page }
      this.server = await openMetricsServer(options, setup)
      const { url } = this.server
      this.logger.debug?.(`metrics at ${url}`, { event: 'metricsPort', url })
      return true
    } catch (fault) {
      this.logger.error(`the metrics cannot be scraped, and the application continues: ${textOf(fault)}`)
      return false
    }
  }

  /** Logs the events of the port, and counts them after this turn, when the counter for faults exists. */
  private events(): PortEvents {
    return portMetrics(registryContext(), (error) => {
      this.logger.warn(error.message)
      setImmediate(() => registryContext().onError(error))
    })
  }

  /** Closes the port and its connections. A second call does nothing. */
  async stopServer(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (server === undefined) return
    await server.close()
    const { url } = server
    this.logger.debug?.(`the metrics port ${url} is closed`, { event: 'metricsPortClosed', url })
  }
}
