import type { Gatherer } from '../../gather/gatherer.js'
import type { LabelSet } from '../../model/label-set.js'
import { Slices } from '../../platform/slices.js'
import { systemNow } from '../../platform/system-time.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Destination, ExportedSamples } from '../contract.js'
import { ExportQueue, type QueueLimit } from './export-queue.js'
import type { ExportedSeries } from './exported-series.js'
import type { WriteMessage } from './message.js'
import { PreparedExport } from './prepared-export.js'
import { type Receiver, unsupported, type WriteLimits, type WriteResult } from './receiver.js'
import type { RemoteWriteVersion } from './remote-write-options.js'
import { type Compress, loadCompress } from './snappy.js'
import { SymbolRequest } from './symbol-request.js'
import { WriteRequest } from './write-request.js'

/** How a sender writes to its receiver. */
export interface SenderSettings {
  readonly version: RemoteWriteVersion
  /** Labels of every series that has no such label; called for each export. */
  readonly commonLabels: () => LabelSet
  /** The maximum number of samples of a request. */
  readonly maxSamples: number
  /** Milliseconds between two requests of version 1.0 with types and help texts; undefined for none. */
  readonly metadataEvery: number | undefined
  readonly queue: QueueLimit
  /** Seconds for one export. */
  readonly timeout: number
  /** Seconds without an export after which another process may have sent. */
  readonly longestPause: number
}

/** What a process provides to a sender. */
export interface SenderContext {
  /** Logs one sentence that is not an error of an export. */
  notice(text: string): void
}

/** Milliseconds by which the system clock may be set back without a sample that is older than the last one. */
const longestSetback = 600_000

/** The part of the time limit of an export after which no request is tried again, so that its error is the reported one. */
const triedPart = 0.9

/**
 * Sends the numbers of an application to a receiver of remote write. An export that the receiver has not accepted waits
 * in a queue with its time, and is sent before later ones: samples of a series are always in order.
 */
export class RemoteWrite implements Destination {
  private readonly queue: ExportQueue
  private version: RemoteWriteVersion
  private compress: Compress | undefined
  /** The messages of both versions. Their buffers are used again for each request. */
  private readonly firstMessage = new WriteRequest()
  private secondMessage: SymbolRequest | undefined
  private sent: ExportedSeries = new Map()
  private lastTimestamp = 0
  private lastSend = Number.NEGATIVE_INFINITY
  private metadataAt = Number.NEGATIVE_INFINITY
  private metadataRefused = false
  /** Why the receiver has not taken the types and help texts of this export. */
  private metadataReason: string | undefined
  private alone = false
  private turn: Promise<unknown> = Promise.resolve()
  /** What was sent and dropped since the last export that succeeded. */
  private totals = { samples: 0, dropped: 0, reason: '' }

  constructor(
    readonly place: string,
    private readonly receiver: Receiver,
    private readonly settings: SenderSettings,
    private readonly context: SenderContext,
  ) {
    this.queue = new ExportQueue(settings.queue)
    this.version = settings.version
  }

  send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    return this.inTurn(() => this.sendNow(gatherer, signal))
  }

  /**
   * Marks all series as ended, if no other process of the application may send them.
   *
   * @param sends whether this process was the one that sends
   */
  close(sends: boolean): Promise<void> {
    return this.inTurn(async () => {
      try {
        if (sends && this.alone && this.sent.size > 0 && this.queue.oldest === undefined) await this.end()
      } finally {
        this.sent = new Map()
        this.receiver.close()
      }
    })
  }

  /** One after the other: an export that was given up may still be busy with the queue. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work)
    this.turn = result.catch(() => {})
    return result
  }

  private async sendNow(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    signal.throwIfAborted()
    const limits = this.limits(signal)
    this.compress ??= loadCompress()
    this.forgetAfterPause()
    let failure: unknown
    try {
      await this.prepare(gatherer, signal).catch((cause: unknown) => {
        failure = cause
      })
      await this.deliver(gatherer, limits)
    } finally {
      this.lastSend = monotonicNow()
    }
    this.judgeMetadata()
    if (failure !== undefined) throw failure
    const { totals } = this
    this.totals = { samples: 0, dropped: 0, reason: '' }
    return totals
  }

  private async end(): Promise<void> {
    const prepared = this.newExport()
    await prepared.addMarkers(this.sent, new Slices())
    this.queue.add(prepared)
    await this.deliver(undefined, this.limits(new AbortController().signal))
  }

  private limits(signal: AbortSignal): WriteLimits {
    return { deadline: monotonicNow() + this.settings.timeout * 1000 * triedPart, signal }
  }

  /** After a longer pause, another process may have sent: exports from before it would be out of order. */
  private forgetAfterPause(): void {
    if (monotonicNow() - this.lastSend < this.settings.longestPause * 1000) return
    this.dropped(this.queue.clear(), 'this process has not sent for a while')
    this.sent = new Map()
  }

  /** Puts the numbers of this moment into the queue. */
  private async prepare(gatherer: Gatherer, signal: AbortSignal): Promise<void> {
    const gathered = await gatherer.gather({ exemplars: true, signal })
    try {
      const prepared = this.newExport()
      await prepared.add(gathered, this.sent)
      if (this.describes()) prepared.describe(gathered.families, this.firstMessage)
      this.sent = prepared.sent
      this.alone = gathered.workers <= 1
      this.dropped(this.queue.add(prepared), 'too many exports were waiting for the receiver')
    } finally {
      gathered.release()
    }
  }

  private newExport(): PreparedExport {
    const { maxSamples, commonLabels } = this.settings
    const now = systemNow()
    const next = this.lastTimestamp + 1
    this.lastTimestamp = next - now > longestSetback ? now : Math.max(now, next)
    return new PreparedExport(
      { message: this.message(), maxSamples, commonLabels: commonLabels(), compress: this.compress! },
      this.lastTimestamp,
    )
  }

  private message(): WriteMessage {
    if (this.version === '1.0') return this.firstMessage
    this.secondMessage ??= new SymbolRequest()
    return this.secondMessage
  }

  private describes(): boolean {
    const { metadataEvery } = this.settings
    if (this.version !== '1.0' || metadataEvery === undefined || this.metadataRefused) return false
    const now = monotonicNow()
    if (now - this.metadataAt < metadataEvery) return false
    this.metadataAt = now
    return true
  }

  /** Sends what is in the queue, the oldest first. */
  private async deliver(gatherer: Gatherer | undefined, limits: WriteLimits): Promise<void> {
    for (let oldest = this.queue.oldest; oldest !== undefined; oldest = this.queue.oldest) {
      for (let [batch] = oldest.batches; batch !== undefined; [batch] = oldest.batches) {
        const result = await this.receiver.write(batch, oldest.message, limits)
        if (result === unsupported) break
        oldest.batches.shift()
        this.count(result, batch.samples === 0)
      }
      if (oldest.batches.length === 0) this.queue.removeOldest()
      else await this.fallBack(gatherer, limits.signal)
    }
  }

  /** Continues with version 1.0. The last numbers are sent again in it; earlier ones have not been written. */
  private async fallBack(gatherer: Gatherer | undefined, signal: AbortSignal): Promise<void> {
    this.version = '1.0'
    this.context.notice(`${this.place} does not know remote write 2.0; promhive continues with 1.0`)
    const newest = this.queue.newest?.samples ?? 0
    this.dropped(this.queue.clear() - newest, 'the receiver does not know their version')
    if (gatherer !== undefined) await this.prepare(gatherer, signal)
  }

  private count({ written, dropped, reason }: WriteResult, isMetadata: boolean): void {
    this.totals.samples += written
    if (isMetadata) this.metadataReason = reason
    this.dropped(dropped, reason)
  }

  /** A receiver that has not taken the samples either, such as one at another path, says nothing about metadata. */
  private judgeMetadata(): void {
    const reason = this.metadataReason
    this.metadataReason = undefined
    if (reason === undefined || this.totals.samples === 0) return
    this.metadataRefused = true
    this.context.notice(`${this.place} does not take types and help texts, which are no longer sent (${reason})`)
  }

  private dropped(samples: number, reason = ''): void {
    if (samples === 0) return
    this.totals.dropped += samples
    this.totals.reason = reason
  }
}
