import type { ReadinessCheck } from '../../gather/readiness.js'
import { MetricsError } from '../../model/errors.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import type { Exporter } from '../contract.js'
import type { PageSource } from '../page/page-source.js'
import { StartAndStop } from '../start-and-stop.js'
import type { PortEvents } from './port-events.js'
import { PortSign } from './port-sign.js'
import type { Route } from './route-table.js'
import { type MetricsServer, type MetricsServerOptions, ScrapeServer } from './scrape-server.js'

export interface SharedPortOptions extends MetricsServerOptions {
  /** Whether this is the only process of the application: then a port in use belongs to another program. */
  readonly alone: boolean
  /** A text that only the processes of the application have in common, to recognise another program that has the port. */
  readonly family?: string | undefined
  readonly onError: (error: MetricsError) => void
  /** Called when this process has opened the port. */
  readonly onOpen?: (server: MetricsServer) => void
  /** Callbacks of the port. */
  readonly events?: PortEvents
  /** Whether this process is ready, for `/readyz`. */
  readonly readiness?: ReadinessCheck
  /** Routes in addition to the metrics. */
  readonly routes?: readonly Route[]
  /** What the page for people shows. */
  readonly pageSource?: PageSource | undefined
  /** Milliseconds between two checks whether the port is free. */
  readonly every?: number
}

/**
 * The metrics port of an application of many processes. The first process opens it and answers for all. The others
 * check at intervals whether it is free, so that one of them takes it over when its owner ends.
 */
export class SharedPort implements Exporter {
  private readonly states = new StartAndStop(
    () => this.open(),
    () => this.close(),
  )
  private server: ScrapeServer | undefined
  private timer: NodeJS.Timeout | undefined
  private stopped = false
  private reported = false
  private trying: Promise<void> = Promise.resolve()
  private readonly sign: PortSign | undefined
  /**
   * How often in a row no process of the application seemed to have the port. Once is not enough, because there is a
   * moment between two owners.
   */
  private missed = 0

  constructor(private readonly options: SharedPortOptions) {
    this.sign = options.family === undefined ? undefined : new PortSign(`${options.family} ${options.port ?? ''}`)
  }

  /** The server, in the process that has the port. */
  get serving(): MetricsServer | undefined {
    return this.server?.serving
  }

  /** Resolves after the first attempt, whether it succeeded or not. Errors go to `onError`. */
  start(): Promise<void> {
    return this.states.start()
  }

  stop(): Promise<void> {
    return this.states.stop()
  }

  private open(): Promise<void> {
    this.stopped = false
    this.trying = this.try()
    return this.trying
  }

  private async close(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.trying
    this.sign?.remove()
    await this.server?.stop()
    this.server = undefined
  }

  private async try(): Promise<void> {
    try {
      const { events = {}, routes = [], readiness, pageSource: page } = this.options
      const setup = { events, routes, page, ...(readiness && { readiness }) }
      const server = new ScrapeServer({ ...this.options, attempts: 1 }, setup)
      await server.start()
      this.server = server
      this.sign?.put()
      this.options.onOpen?.(server.serving!)
    } catch (cause) {
      const error = cause as MetricsError
      const taken = error.code === 'PORT_TAKEN'
      if (!taken || this.options.alone || (await this.isStrangers())) this.report(error)
      if (taken && !this.stopped) this.again()
    }
  }

  private async isStrangers(): Promise<boolean> {
    if (this.reported || this.sign === undefined) return false
    this.missed = (await this.sign.isMissing()) ? this.missed + 1 : 0
    return this.missed >= 3
  }

  /** Tries again later, at a random time, so that the processes of an application do not all try at the same moment. */
  private again(): void {
    const { every = 1_000 } = this.options
    const next = (): void => {
      this.trying = this.try()
    }
    this.timer = setTimeout(next, every * (0.8 + Math.random() * 0.4)).unref()
  }

  private report(error: MetricsError): void {
    if (this.reported) return
    this.reported = true
    const text = `the metrics port is taken by another program; this process tries again until it is free. Choose another one with PROMHIVE_METRICS_PORT, or off`
    this.options.onError(error.code === 'PORT_TAKEN' ? new MetricsError('PORT_TAKEN', text, { cause: error }) : error)
  }
}
