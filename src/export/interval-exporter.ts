import type { Gatherer } from '../gather/gatherer.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import type { Lease } from '../model/lease.js'
import { held } from '../platform/held.js'
import { withTimeout } from '../platform/time-limit.js'
import { clearInterval, clearTimeout, monotonicNow, setInterval, setTimeout } from '../platform/timers.js'
import type { Destination, ExportedSamples, Exporter } from './contract.js'
import { StartAndStop } from './start-and-stop.js'

/** The result of one export: done, failed, or left to the process that has the lease. */
export type ExportResult = 'ok' | 'failed' | 'standby'

/** What an exporter is called, and when it sends. */
export interface IntervalSettings {
  /** The exporter in error texts and self-metrics: `statsd`. */
  readonly exporter: string
  /** Seconds between two exports. */
  readonly interval: number
  /** Seconds for one export. */
  readonly timeout: number
  /** Milliseconds after which the lease is renewed, or tried for: 2000. */
  readonly renewEvery?: number
}

/** What a process provides to its exporters. */
export interface ExportContext {
  readonly gatherer: Gatherer
  readonly lease: Lease
  onError(error: MetricsError): void
  /** Called with one sentence when an export succeeds after failed ones. */
  onRecovered(text: string): void
  /** Called after each attempt. */
  exported(result: 'ok' | 'failed', sent?: ExportedSamples): void
}

/**
 * Sends to a destination at an interval. It never runs two exports at a time, never keeps the process running, and never
 * throws: a failed export is reported and counted, and the next one follows at its time.
 */
export class IntervalExporter implements Exporter {
  private readonly states = new StartAndStop(
    () => this.open(),
    () => this.close(),
  )
  private timer: NodeJS.Timeout | undefined
  private current: Promise<ExportResult> | undefined
  private result: ExportResult | undefined
  /** Monotonic milliseconds at which the next export begins. */
  private due = 0
  private failing = false

  constructor(
    private readonly destination: Destination,
    private readonly settings: IntervalSettings,
    private readonly context: ExportContext,
  ) {}

  get running(): boolean {
    return this.timer !== undefined
  }

  /** The result of the last export; undefined before the first one. */
  get last(): ExportResult | undefined {
    return this.result
  }

  /** Exports soon after this turn, so that a deployment shows early whether it works, and then at the interval. */
  start(): Promise<void> {
    return this.states.start()
  }

  /** Sends the last numbers, and stops. */
  stop(): Promise<void> {
    return held(this.states.stop())
  }

  /** Exports now. Never rejects. Concurrent calls share one export. */
  send(): Promise<ExportResult> {
    return held(this.sendNow())
  }

  private async open(): Promise<void> {
    this.due = monotonicNow()
    this.next()
  }

  private async close(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    await this.current
    await this.sendNow()
    await this.closeDestination()
    this.context.lease.leave()
  }

  private async closeDestination(): Promise<void> {
    const { destination, settings } = this
    try {
      await withTimeout(Promise.resolve(destination.close?.(this.result !== 'standby')), settings.timeout * 1000)
    } catch (cause) {
      this.failed(`closing ${destination.place} failed`, cause)
    }
  }

  /** Wakes for the next export, and before that to keep the lease. */
  private next(): void {
    const wait = Math.min(Math.max(0, this.due - monotonicNow()), this.renewEvery)
    this.timer = setTimeout(() => void this.wake(), wait).unref()
  }

  private async wake(): Promise<void> {
    const now = monotonicNow()
    if (now < this.due) await this.leads()
    else {
      // At fixed times, without making up for those that were missed.
      this.due = Math.max(this.due + this.settings.interval * 1000, now)
      await this.sendNow()
    }
    if (this.timer !== undefined) this.next()
  }

  private sendNow(): Promise<ExportResult> {
    this.current ??= this.tryOnce().finally(() => {
      this.current = undefined
    })
    return this.current
  }

  private async tryOnce(): Promise<ExportResult> {
    const { context, destination, settings } = this
    if (!(await this.leads())) {
      destination.standby?.()
      // If the process with the lease ends, this one exports as soon as it has it.
      this.due = monotonicNow() + Math.min(this.settings.interval * 1000, this.renewEvery)
      return (this.result = 'standby')
    }
    const limit = new AbortController()
    const renewal = setInterval(() => void this.renew(limit), this.renewEvery).unref()
    try {
      const sent = await withTimeout(destination.send(context.gatherer, limit.signal), settings.timeout * 1000)
      context.exported('ok', sent)
      if (sent.dropped) this.failed(`${destination.place} has not taken ${sent.dropped} values`, sent.reason)
      else this.recovered()
      return (this.result = 'ok')
    } catch (cause) {
      limit.abort(cause)
      context.exported('failed')
      const next = this.timer === undefined ? '' : `; the next try is in ${settings.interval} s`
      this.failed(`the metrics could not be sent to ${destination.place}`, cause, next)
      return (this.result = 'failed')
    } finally {
      clearInterval(renewal)
    }
  }

  /** Keeps the lease during a long export. If it is lost, the export ends, because another process sends as well. */
  private async renew(limit: AbortController): Promise<void> {
    if (!(await this.leads())) limit.abort(new Error('another process has begun to send'))
  }

  private get renewEvery(): number {
    return this.settings.renewEvery ?? 2_000
  }

  private async leads(): Promise<boolean> {
    try {
      return await this.context.lease.held()
    } catch (cause) {
      this.failed('which process exports is not known', cause)
      return false
    }
  }

  private failed(what: string, cause: unknown, next = ''): void {
    this.failing = true
    const { exporter } = this.settings
    const text = `${exporter}: ${what}${cause === undefined ? '' : ` (${reasonOf(cause)})`}${next}`
    this.context.onError(new MetricsError('EXPORT_FAILED', text, { cause, reason: exporter }))
  }

  private recovered(): void {
    if (!this.failing) return
    this.failing = false
    this.context.onRecovered(`${this.settings.exporter}: ${this.destination.place} takes the metrics again`)
  }
}
