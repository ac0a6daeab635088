import type { Gatherer } from '../gather/gatherer.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import type { Lease } from '../model/lease.js'
import { inLine } from '../model/terminal-text.js'
import { held } from '../platform/held.js'
import { withTimeout } from '../platform/time-limit.js'
import { clearInterval, clearTimeout, monotonicNow, setInterval, setTimeout } from '../platform/timers.js'
import { type Destination, type ExportedSamples, type Exporter, LeftToApplication } from './contract.js'
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
  /** Called with one sentence when this process leaves the exports to the application. */
  onLeft?(text: string): void
  /** Called after each attempt. */
  exported(result: 'ok' | 'failed', sent?: ExportedSamples): void
}

/** Milliseconds that each step of stopping has at least. */
const leastTime = 200

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
  /** Ends the export that is running. */
  private limit: AbortController | undefined
  private failing = false
  /** The last call of the destination: one that was given up ends before the next one begins. */
  private sending: Promise<unknown> = Promise.resolve()
  /** Whether processes of the application send, as long as this process runs. */
  private isLeft = false

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

  /** Sends the last numbers, and stops. Takes the time limit of one export at most. */
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
    const end = monotonicNow() + this.settings.timeout * 1000
    const left = (): number => Math.max(leastTime, Math.round(end - monotonicNow()))
    // An export that hangs leaves half of the time to the last numbers.
    const halfTime = setTimeout(() => this.limit?.abort(new Error('the exporter stops')), left() / 2)
    await this.current
    clearTimeout(halfTime)
    await this.sendNow(left())
    await this.closeDestination(left())
    this.context.lease.leave()
  }

  private async closeDestination(milliseconds: number): Promise<void> {
    const { destination } = this
    try {
      await withTimeout(Promise.resolve(destination.close?.(this.result !== 'standby')), milliseconds)
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

  private sendNow(milliseconds = this.settings.timeout * 1000): Promise<ExportResult> {
    this.current ??= this.tryOnce(milliseconds).finally(() => {
      this.current = undefined
    })
    return this.current
  }

  private async tryOnce(milliseconds: number): Promise<ExportResult> {
    const { context, destination, settings } = this
    if (!(await this.leads())) {
      destination.standby?.()
      // If the process with the lease ends, this one exports as soon as it has it.
      this.due = monotonicNow() + Math.min(this.settings.interval * 1000, this.renewEvery)
      return (this.result = 'standby')
    }
    const limit = new AbortController()
    this.limit = limit
    const renewal = setInterval(() => void this.renew(limit), this.renewEvery).unref()
    try {
      const sent = await withTimeout(this.sendInTurn(limit.signal), milliseconds)
      // A destination that refuses everything, such as one of another kind, has not taken the numbers.
      const result = sent.samples === 0 && sent.dropped ? 'failed' : 'ok'
      context.exported(result, sent)
      if (sent.dropped) this.failed(`${destination.place} has not taken ${sent.dropped} values`, sent.reason)
      else this.recovered()
      return (this.result = result)
    } catch (cause) {
      limit.abort(cause)
      if (cause instanceof LeftToApplication) return this.leaveToApplication(cause)
      context.exported('failed')
      const next = this.timer === undefined ? '' : `; the next try is in ${settings.interval} s`
      this.failed(`the metrics could not be sent to ${destination.place}`, cause, next)
      return (this.result = 'failed')
    } finally {
      clearInterval(renewal)
    }
  }

  private sendInTurn(signal: AbortSignal): Promise<ExportedSamples> {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    const sent = this.sending.then(() => {
      signal.throwIfAborted()
      return this.destination.send(this.context.gatherer, signal)
    })
    this.sending = sent.catch(() => {})
    return Promise.race([sent, aborted])
  }

  private leaveToApplication({ message }: LeftToApplication): ExportResult {
    this.isLeft = true
    this.context.lease.leave()
    this.context.onLeft?.(`${this.settings.exporter}: ${message}`)
    return (this.result = 'standby')
  }

  /** Keeps the lease during a long export. If it is lost, the export ends, because another process sends as well. */
  private async renew(limit: AbortController): Promise<void> {
    if (!(await this.leads())) limit.abort(new Error('another process has begun to send'))
  }

  private get renewEvery(): number {
    return this.settings.renewEvery ?? 2_000
  }

  private async leads(): Promise<boolean> {
    if (this.isLeft) return false
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
    // A destination's own words are for a log that a terminal may show.
    this.context.onError(new MetricsError('EXPORT_FAILED', inLine(text), { cause, reason: exporter }))
  }

  private recovered(): void {
    if (!this.failing) return
    this.failing = false
    this.context.onRecovered(`${this.settings.exporter}: ${this.destination.place} takes the metrics again`)
  }
}
