import type { Exposition } from '../../delivery/scrape.js'
import { type MetricsServer, openMetricsServer } from '../../delivery/scrape-server.js'
import { type Logger, standardLogger, textOf } from '../log.js'

export interface MetricsServerSettings {
  readonly port: number
  readonly host: string
  readonly path?: string
  /** How often a taken port is tried. */
  readonly portAttempts?: number
}

/** Opens the metrics port, and closes it. A port that cannot be had costs the scrapes, never the application. */
export class MetricsServerManager {
  private server: MetricsServer | undefined

  constructor(
    readonly logger: Logger = standardLogger,
    private readonly retryEvery = 200,
  ) {}

  /** Where the metrics are; undefined while the port is closed. */
  get url(): string | undefined {
    return this.server?.url
  }

  /**
   * Opens the port; tries again a few times while it is taken. A second call while it is open does nothing.
   *
   * @returns whether it is open
   */
  async startServer({ port, host, path, portAttempts }: MetricsServerSettings, registry: Exposition): Promise<boolean> {
    if (this.server !== undefined) return true
    try {
      this.server = await openMetricsServer({
        port,
        host,
        registry,
        keepAlive: true,
        retryEvery: this.retryEvery,
        ...(path !== undefined && { path }),
        ...(portAttempts !== undefined && { attempts: portAttempts }),
      })
      return true
    } catch (fault) {
      this.logger.error(`nobody can scrape, and the application goes on: ${textOf(fault)}`)
      return false
    }
  }

  /** Closes the port and its connections. Twice is once. */
  async stopServer(): Promise<void> {
    const { server } = this
    this.server = undefined
    await server?.close()
  }
}
