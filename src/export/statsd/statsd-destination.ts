import type { Gatherer } from '../../gather/gatherer.js'
import { Slices } from '../../platform/slices.js'
import type { Destination, ExportedSamples } from '../contract.js'
import type { SentAmounts } from '../sent-amounts.js'
import { AbsentSeries } from './absent-series.js'
import type { ChangeReader, Changes, StatsdLine } from './changes.js'
import { DatagramRefused, type StatsdConnection, type StatsdTransport } from './connection.js'
import { type Datagram, datagramsOf } from './datagrams.js'
import { Pace } from './pace.js'

/** The series whose amount is the time of the last gathering: a text that names no series. */
const timeSeries = '|'

/** The length of a line, about. */
const lineBytes = 64

/**
 * Sends to a server of statsd: of counters, histograms and summaries what they have grown by, of gauges their values.
 *
 * An amount counts as sent just before its datagram is sent, and no longer if the datagram is known not to have arrived.
 * So no count arrives twice. If the process is killed in between, what it has marked and not sent is lost.
 */
export class StatsdDestination implements Destination {
  readonly place: string
  private working: Promise<unknown> = Promise.resolve()
  private readonly absent: AbsentSeries

  /**
   * @param milliseconds for sending all datagrams of one export, if they are many
   * @param source is closed with the destination
   */
  constructor(
    private readonly transport: StatsdTransport,
    private readonly reader: ChangeReader,
    private readonly amounts: SentAmounts,
    private readonly milliseconds: number,
    private readonly source?: { close(): void },
  ) {
    this.place = transport.place
    this.absent = new AbsentSeries(amounts)
  }

  /** An export that was given up ends before the next one begins. */
  send(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    const result = this.working.then(() => this.export(gatherer, signal))
    this.working = result.catch(() => {})
    return result
  }

  standby(): void {
    this.amounts.standby?.()
  }

  /** Waits for an export that was given up: it may still learn that a datagram has not arrived. */
  async close(): Promise<void> {
    await this.working
    this.source?.close()
  }

  private async export(gatherer: Gatherer, signal: AbortSignal): Promise<ExportedSamples> {
    signal.throwIfAborted()
    const connection = await this.transport.open()
    try {
      const changes = await this.changes(gatherer)
      const { maxBytes } = this.transport
      const pace = new Pace((changes.lines.length * lineBytes) / maxBytes, this.milliseconds)
      const sent = await new Sending(connection, this.amounts, pace, signal).sendAll(changes, maxBytes)
      await this.absent.forget(new Slices())
      return sent
    } finally {
      await connection.close()
    }
  }

  private async changes(gatherer: Gatherer): Promise<Changes> {
    const gathered = await gatherer.gather()
    try {
      const read = await this.amounts.read(gathered)
      const time = read.numberOf(timeSeries)
      const since = read.amount(time)
      const seen = this.absent.isDue() ? new Set([time]) : undefined
      const changes = await this.reader.read(gathered, read, since, seen)
      // A clock that was set back must not make old series look new.
      if (changes.until > since) this.amounts.add(timeSeries, changes.until - since)
      for (const [series, amount] of changes.obsolete) this.amounts.add(series, -amount)
      if (seen !== undefined) this.absent.check(read, seen)
      return since === 0 && this.amounts.fromNow ? this.counted(changes) : changes
    } finally {
      gathered.release()
    }
  }

  /** Takes what was counted so far as sent; returns the gauges. */
  private counted(changes: Changes): Changes {
    for (const { head, tail, type, value } of changes.lines) if (type === 'c') this.amounts.add(head + tail, value)
    return { ...changes, lines: changes.lines.filter(({ type }) => type === 'g') }
  }
}

/** One export to a connection. */
class Sending {
  private samples = 0
  private count = 0
  /** The last datagram that was sent. */
  private last: Datagram | undefined
  private readonly pause = new Slices()

  constructor(
    private readonly connection: StatsdConnection,
    private readonly amounts: SentAmounts,
    private readonly pace: Pace,
    private readonly signal: AbortSignal,
  ) {}

  async sendAll(changes: Changes, maxBytes: number): Promise<ExportedSamples> {
    const tooLong: StatsdLine[] = []
    let batch: Datagram[] = []
    for (const datagram of datagramsOf(changes.lines, maxBytes, (line) => tooLong.push(line))) {
      batch.push(datagram)
      if (batch.length < this.amounts.batch) continue
      await this.sendBatch(batch)
      batch = []
    }
    await this.sendBatch(batch)
    if (this.last !== undefined) await this.settled()
    const { infinite } = changes
    const dropped = tooLong.length + infinite.length
    return { samples: this.samples, ...(dropped > 0 && { dropped, reason: reasonFor(tooLong[0], infinite[0]) }) }
  }

  private async sendBatch(batch: readonly Datagram[]): Promise<void> {
    this.signal.throwIfAborted()
    for (const datagram of batch) this.mark(datagram, 1)
    let taken = 0
    try {
      const flushed = this.amounts.flush()
      if (flushed !== undefined) await flushed
      for (const datagram of batch) {
        await this.pace.next()
        this.signal.throwIfAborted()
        // From here on it may arrive, whatever happens.
        taken++
        await this.sendOne(datagram)
      }
    } catch (cause) {
      const unsent = cause instanceof DatagramRefused ? taken - 1 : taken
      for (const datagram of batch.slice(unsent)) this.mark(datagram, -1)
      throw cause
    }
  }

  private async sendOne(datagram: Datagram): Promise<void> {
    const before = this.last
    this.last = datagram
    try {
      await this.connection.send(datagram.text, this.signal)
    } catch (cause) {
      if (cause instanceof DatagramRefused && cause.previous && before !== undefined) this.mark(before, -1)
      throw cause
    }
    this.samples += datagram.lines.length
    this.count++
    // The first one shows whether there is a server.
    if (this.count === 1) await this.connection.settled()
    else if (this.pause.due()) await this.pause.rest()
  }

  private async settled(): Promise<void> {
    try {
      await this.connection.settled()
    } catch (cause) {
      if (cause instanceof DatagramRefused) this.mark(this.last!, -1)
      throw cause
    }
  }

  private mark({ lines }: Datagram, sign: 1 | -1): void {
    for (const { head, tail, type, value } of lines) if (type === 'c') this.amounts.add(head + tail, sign * value)
  }
}

function reasonFor(longest: StatsdLine | undefined, infinite = ''): string {
  if (longest === undefined) return `${infinite.slice(0, 100)} is infinite, which statsd has no way to write`
  return `the labels of ${longest.head.slice(0, 100)} are longer than a datagram; use shorter label values`
}
