import type { Exposition } from '../export/contract.js'
import type { EncryptionOptions } from '../export/http/encryption.js'
import type { Route } from '../export/http/route-table.js'
import type { PageSource } from '../export/page/page-source.js'
import { StatisticsServer } from '../export/statistics/statistics-server.js'
import { metricContext } from '../metric/context.js'
import { MetricsError } from '../model/errors.js'
import type { GivenLogger, Log } from '../model/logger.js'
import { statisticsAddress } from '../model/statistics-address.js'
import { holdAwaited } from '../platform/held.js'
import { clearTimeout, setImmediate, setTimeout } from '../platform/timers.js'
import type { HookedSupervisor } from './gunicorn/default-hooks.js'
import { HookManager } from './gunicorn/hook-manager.js'
import { type MetricNaming, metricNaming } from './gunicorn/metric-naming.js'
import { MetricsServerManager } from './gunicorn/metrics-server-manager.js'
import { HookContext, type HookName, hooksFor, type LifecycleHooks, type SupervisedWorker } from './lifecycle.js'
import { logOf, textOf } from './log.js'
import { aboutOf, nameOf } from './log-texts.js'
import { LostRequestCounts, lossReason } from './lost-requests.js'
import { ParentWatch } from './parent-watch.js'
import { RequestNumbers } from './request-numbers.js'
import { servingReadiness } from './serving-readiness.js'
import type { Settings } from './settings/settings.js'
import { Statistics } from './statistics.js'
import { SupervisorMetrics } from './supervisor-metrics.js'
import { Histories } from './worker-history.js'
import type { RestartReason, WorkerExit, WorkerProcess } from './worker-process.js'

/** The options of every supervisor, whether it starts the workers or the application does. */
export interface CoreOptions {
  readonly settings: Settings
  /** The metrics that the metrics port shows. */
  readonly registry: Exposition
  /** The encryption of the metrics port; by default none. */
  readonly tls?: EncryptionOptions | undefined
  /** Routes of the metrics port in addition to the metrics. */
  readonly routes?: readonly Route[]
  /** What the page for people shows; without it, there is no page. */
  readonly page?: PageSource | undefined
  /** The version of the package. */
  readonly version: string
  /** Starts forwarding to Redis. */
  readonly forward?: (settings: Settings) => Promise<{ stop(): Promise<void> }>
  /** Starts the exporters of the settings. Never rejects. */
  readonly exporters?: () => Promise<{ stop(): Promise<void> }>
  readonly hooks?: LifecycleHooks
  readonly logger?: GivenLogger
}

/** Milliseconds for the last hooks of ended workers, before the supervisor ends. */
const lastHooks = 5000

type About = Pick<ConstructorParameters<typeof HookContext>[0], 'worker' | 'exit' | 'change'>

/** The metrics port, the metrics and the hooks that all supervisors have. */
export abstract class SupervisorCore implements HookedSupervisor {
  readonly settings: Settings
  /** @internal */
  protected readonly logger: Log
  /** @internal */
  protected readonly naming: MetricNaming
  /** @internal */
  protected metrics: SupervisorMetrics | undefined
  private readonly hooks: HookManager
  private readonly metricsServer: MetricsServerManager
  private readonly parentWatch: ParentWatch
  private readonly histories = new Histories()
  /** By worker: its running hooks. */
  private readonly emitting = new Map<SupervisedWorker, Promise<void>>()
  private lostRequests: LostRequestCounts | undefined
  /** @internal Requests that workers of this run have answered, failed ones included; NaN if a worker had no table. */
  protected answered = 0
  private statisticsServer: StatisticsServer | undefined
  private forwarding: { stop(): Promise<void> } | undefined
  private exporting: { stop(): Promise<void> } | undefined

  static {
    holdAwaited(SupervisorCore.prototype, 'openMetricsPort', 'closeMetricsPort', 'startForwarding')
  }

  /** @internal */
  constructor(private readonly core: CoreOptions) {
    const { settings } = core
    this.settings = settings
    this.logger = logOf(settings, core.logger)
    this.hooks = new HookManager(this.logger)
    this.metricsServer = new MetricsServerManager(this.logger, undefined, core.routes, core.page)
    this.parentWatch = new ParentWatch(this.logger)
    this.naming = metricNaming(settings.compat, settings.metricPrefix)
  }

  get metricsUrl(): string | undefined {
    return this.metricsServer.url
  }

  /** The address of the page for people; undefined without the page, and while no metrics are served. */
  get pageUrl(): string | undefined {
    return this.metricsServer.pageUrl
  }

  /** The address of the statistics; undefined while they are not served. */
  get statsAddress(): string | undefined {
    return this.statisticsServer?.address
  }

  abstract workers(): readonly SupervisedWorker[]

  /** @internal Iterates over the worker numbers, each with its process. */
  protected abstract numbered(): Iterable<readonly [number, WorkerProcess | undefined]>
  /** @internal Whether workers count the requests that they answer. */
  protected abstract readonly countsRequests: boolean

  /** Shows the families of the primary and of its workers. A second call does nothing. */
  prepareMetrics(): void {
    this.metrics ??= new SupervisorMetrics(this.naming, this.settings)
  }

  /** Opens the metrics port unless it is open. @returns whether it is open */
  openMetricsPort(): Promise<boolean> {
    const { registry, tls } = this.core
    return this.metricsServer.startServer({ ...this.settings, tls }, registry, () => servingReadiness(this.workers()))
  }

  closeMetricsPort(): Promise<void> {
    return this.metricsServer.stopServer()
  }

  /** Starts forwarding to Redis, if the settings enable it. @returns whether it forwards */
  async startForwarding(): Promise<boolean> {
    const { forward } = this.core
    if (!this.settings.redisEnabled) return false
    return this.hooks.execute('startForwarding', async () => {
      if (forward === undefined) throw new Error('REDIS_ENABLED is set, and nothing here forwards to Redis')
      this.forwarding ??= await forward(this.settings)
    })
  }

  /** @internal Calls the hooks of `ready`. */
  protected async emitReady(): Promise<void> {
    await this.emit('ready')
    // Other programs use this variable as well. It does not start forwarding by itself, but that is logged.
    if (!this.settings.redisEnabled || this.forwarding !== undefined) return
    this.logger.info(
      'redisEnabled (REDIS_ENABLED) is true, and nothing here forwards: that is what the hook redisWhenReady does',
    )
  }

  /** @internal Opens what every supervisor opens first. */
  protected async open(): Promise<void> {
    this.parentWatch.start()
    await this.emit('starting')
    this.prepareMetrics()
    if (this.settings.metrics) await this.openMetricsPort()
    await this.openStatistics()
    this.exporting = await this.core.exporters?.()
  }

  /** @internal Closes what every supervisor closes last. */
  protected async close(): Promise<void> {
    this.parentWatch.stop()
    await this.emit('stopped')
    // The workers have ended, so these exports have their last numbers.
    await Promise.all([this.forwarding?.stop(), this.exporting?.stop()])
    if (this.statisticsServer !== undefined) {
      await this.statisticsServer.stop()
      this.logger.debug('the statistics are closed', { event: 'statisticsClosed' })
    }
    this.statisticsServer = undefined
    await this.closeMetricsPort()
  }

  /** Opens the statistics. If they cannot be served, the application continues. */
  private async openStatistics(): Promise<void> {
    const address = statisticsAddress(this.settings.stats)
    if (address === undefined) return
    try {
      const statistics = new Statistics({
        version: this.core.version,
        histories: this.histories,
        requests: this.countsRequests ? new RequestNumbers(this.naming) : undefined,
        workers: () => this.numbered(),
        metricsUrl: () => this.metricsUrl,
      })
      const onError = (error: MetricsError): void => this.report(error)
      const server = new StatisticsServer({
        ...{ address, statistics: () => statistics.snapshot(), onError },
        allowedHosts: this.settings.allowedHosts,
      })
      await server.start()
      this.statisticsServer = server
      const { address: at } = server
      this.logger.info(`statistics at ${at}`, { event: 'statistics', address: at })
    } catch (cause) {
      this.report(
        cause instanceof MetricsError ? cause : new MetricsError('SERVER_FAILED', `no statistics: ${textOf(cause)}`),
      )
    }
  }

  private report(error: MetricsError): void {
    this.logger.error(`no statistics, and the application continues: ${error.message}`)
    // Reported after this turn: the counter for faults exists when the first worker has been started.
    setImmediate(() => metricContext().onError(error))
  }

  /** @internal Calls the hooks of an event one after the other; the events of one worker keep their order. */
  protected emit(event: HookName, about: About = {}): Promise<void> {
    this.histories.note(event, about)
    const { worker } = about
    if (worker === undefined) return this.call(event, about)
    const before = this.emitting.get(worker)
    const done = before === undefined ? this.call(event, about) : before.then(() => this.call(event, about))
    this.emitting.set(worker, done)
    void done.then(() => this.emitting.get(worker) === done && this.emitting.delete(worker))
    return done
  }

  /** @internal Counts the end of a worker, and the requests that it had not answered. */
  protected countEnd(worker: WorkerProcess, exit: WorkerExit, reason: RestartReason | 'stop'): void {
    this.metrics?.ended(worker)
    const { answered, lost } = worker.openRequests?.take() ?? { answered: Number.NaN, lost: [] }
    this.answered += lost.reduce((sum, { count }) => sum + count, answered)
    if (lost.length === 0) return
    const why = lossReason(reason, exit)
    const requests = lost.reduce((sum, { count }) => sum + count, 0)
    const text = `${nameOf(worker)} ended with ${requests} unanswered ${requests === 1 ? 'request' : 'requests'} (${why})`
    this.logger.warn(text, { ...aboutOf('requestsLost', worker), requests, reason: why })
    this.lostRequests ??= new LostRequestCounts(this.naming)
    this.lostRequests.count(worker.id, lost, why)
  }

  /** @internal Waits for running hooks of workers, for a limited time: one of them may itself wait for this. */
  protected async emitted(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, lastHooks)
    })
    await Promise.race([Promise.all(this.emitting.values()), late])
    clearTimeout(timer)
  }

  /** Counts an error of code that a hook left running. */
  failedLater(fault: unknown): void {
    void this.hooks.execute('late', () => {
      throw fault
    })
  }

  private async call(event: HookName, about: About): Promise<void> {
    for (const { name, call } of hooksFor(this.core.hooks ?? {}, event)) {
      const context = new HookContext({ event, server: this, logger: this.logger, ...about })
      await this.hooks.execute(name, () => call(context))
    }
  }
}
