import type { ServerResponse } from 'node:http'
import {
  clearInterval,
  clearTimeout,
  monotonicNow,
  setImmediate,
  setInterval,
  setTimeout,
} from '../../platform/timers.js'
import type { RefusalReason } from './port-events.js'
import type { CheckedLimits } from './port-limits.js'
import { WaitingBytes } from './waiting-bytes.js'

/** Bytes that are written to a connection at a time. */
const pieceSize = 256 * 1024
/** Milliseconds of one turn of the event loop that are spent on writing. */
const slice = 1.5
/** Milliseconds for which a scrape waits at most for clients to read earlier answers. */
const longestWait = 2_000
/** Milliseconds without progress after which a client is disconnected. */
const stalledAfter = 500
const lookEvery = 100
/**
 * The number of answers that may be in progress when a scrape starts to wait: the current one, the next one, and its
 * own.
 */
const answersInProgress = 3

/** One answer that is being sent to a client. */
interface ResponseInProgress {
  readonly response: ServerResponse
  readonly chunks: readonly Uint8Array[]
  /** The next chunk to write. */
  next: number
  /** The time of a monotonic clock when the client last read something. */
  progressAt: number
  ended: boolean
  /** Whether it waits for its turn. */
  queued: boolean
}

/**
 * Writes answers to clients: in slices, in turns, and only as fast as each client reads. A client that is too slow, or
 * causes too much memory to be used, is disconnected.
 */
export class Sender {
  private readonly ready: ResponseInProgress[] = []
  private readonly sending = new Set<ResponseInProgress>()
  private readonly waiting = new WaitingBytes()
  private running = false
  /** Bytes of the last answer, which is an estimate for the next one. */
  private lastSize = 0
  private readonly waitingScrapes = new Set<() => void>()

  /** @param refused called for each answer that is cut off */
  constructor(
    private readonly limits: Pick<CheckedLimits, 'sendTimeout' | 'maxWaitingBytes'>,
    private readonly refused: (reason: RefusalReason) => void,
  ) {}

  /** Sends the body of an answer whose head was written. The chunks must not change afterwards. */
  send(response: ServerResponse, chunks: readonly Uint8Array[]): void {
    const sending = { response, chunks, next: 0, progressAt: monotonicNow(), ended: false, queued: false }
    this.sending.add(sending)
    this.lastSize = this.waiting.retain(chunks)
    this.makeRoomFor(sending)
    const timer = setTimeout(() => this.cut(sending, 'timeout'), this.limits.sendTimeout).unref()
    response.on('drain', () => this.go(sending))
    response.once('close', () => {
      clearTimeout(timer)
      this.end(sending)
    })
    this.go(sending)
  }

  /**
   * Resolves when the unread bytes are below the limit for another answer, when a client has stopped reading, and after
   * two seconds in any case; undefined if they are below already. So a burst of scrapes shares few answers, and clients
   * that read are not disconnected.
   */
  room(): Promise<void> | undefined {
    if (this.hasRoom()) return undefined
    const until = monotonicNow() + longestWait
    return new Promise((resolve) => {
      const go = (): void => {
        clearInterval(timer)
        this.waitingScrapes.delete(go)
        resolve()
      }
      const look = (): void => {
        const now = monotonicNow()
        const slowest = this.slowest()
        if (now >= until || slowest === undefined || this.progressOf(slowest) < now - stalledAfter) go()
      }
      const timer = setInterval(look, lookEvery).unref()
      this.waitingScrapes.add(go)
    })
  }

  private hasRoom(): boolean {
    return (
      this.waiting.total === 0 || this.waiting.total + answersInProgress * this.lastSize <= this.limits.maxWaitingBytes
    )
  }

  /** Disconnects the clients that have read nothing for the longest time; a single answer is sent at any size. */
  private makeRoomFor(newest: ResponseInProgress): void {
    while (this.waiting.total > this.limits.maxWaitingBytes) {
      const slowest = this.slowest(newest)
      if (slowest === undefined) return
      this.cut(slowest, 'bytes')
    }
  }

  /** Returns the answer that was read least recently, except one. */
  private slowest(except?: ResponseInProgress): ResponseInProgress | undefined {
    let slowest: ResponseInProgress | undefined
    for (const other of this.sending) {
      if (other === except) continue
      if (slowest === undefined || this.progressOf(other) < this.progressOf(slowest)) slowest = other
    }
    return slowest
  }

  /** Returns when the client last read something. A client whose answer is queued has read everything so far. */
  private progressOf({ queued, progressAt }: ResponseInProgress): number {
    return queued ? Number.POSITIVE_INFINITY : progressAt
  }

  private cut(sending: ResponseInProgress, reason: RefusalReason): void {
    if (sending.ended) return
    this.end(sending)
    this.refused(reason)
    sending.response.destroy()
  }

  private end(sending: ResponseInProgress): void {
    if (sending.ended) return
    sending.ended = true
    this.sending.delete(sending)
    this.waiting.release(sending.chunks)
    if (this.waitingScrapes.size > 0 && this.hasRoom()) for (const go of [...this.waitingScrapes]) go()
  }

  /** Schedules the answer: at once if nothing else was written in this turn of the event loop. */
  private go(sending: ResponseInProgress): void {
    sending.progressAt = monotonicNow()
    if (sending.queued || sending.ended) return
    sending.queued = true
    this.ready.push(sending)
    if (this.running) return
    this.running = true
    this.writeForASlice()
  }

  private writeForASlice(): void {
    const end = monotonicNow() + slice
    for (let sending = this.ready.shift(); sending !== undefined; sending = this.ready.shift()) {
      this.write(sending)
      if (monotonicNow() > end) break
    }
    setImmediate(this.turn)
  }

  /** Further writes after a slice wait for the next turn of the event loop. */
  private readonly turn = (): void => {
    if (this.ready.length > 0) this.writeForASlice()
    else this.running = false
  }

  /** Writes one piece. */
  private write(sending: ResponseInProgress): void {
    const { response, chunks } = sending
    sending.queued = false
    if (sending.ended) return
    let size = 0
    response.cork()
    while (sending.next < chunks.length && size < pieceSize) {
      const chunk = chunks[sending.next++]!
      response.write(chunk)
      size += chunk.length
    }
    if (sending.next === chunks.length) {
      response.end()
      return
    }
    response.uncork()
    // If the system has accepted the piece, the next one is scheduled; otherwise it follows at 'drain'.
    if (response.socket?.writableLength !== 0) return
    sending.progressAt = monotonicNow()
    sending.queued = true
    this.ready.push(sending)
  }
}
