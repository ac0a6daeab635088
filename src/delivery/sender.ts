import type { ServerResponse } from 'node:http'
import { clearTimeout, monotonicNow, setImmediate, setTimeout } from '../runtime/timers.js'
import type { RefusalReason } from './port-events.js'
import type { CheckedLimits } from './port-limits.js'
import { WaitingBytes } from './waiting-bytes.js'

/** Bytes that are handed to a connection at a time. */
const pieceSize = 256 * 1024
/** Milliseconds of one turn of the event loop that are spent on writing. */
const slice = 1.5

/** One answer on its way to a client. */
interface Sending {
  readonly response: ServerResponse
  readonly chunks: readonly Uint8Array[]
  /** The next chunk to write. */
  next: number
  /** Milliseconds of a monotonic clock at which the client last took something. */
  progressAt: number
  ended: boolean
  /** Whether it waits for its turn. */
  queued: boolean
}

/**
 * Writes answers to clients: in slices, in turns, and only as fast as each client reads. A client that takes too long, or
 * holds too much memory, is disconnected.
 */
export class Sender {
  private readonly ready: Sending[] = []
  private readonly sending = new Set<Sending>()
  private readonly waiting = new WaitingBytes()
  private running = false

  /** @param refused called for each answer that is cut off */
  constructor(
    private readonly limits: Pick<CheckedLimits, 'sendTimeout' | 'maxWaitingBytes'>,
    private readonly refused: (reason: RefusalReason) => void,
  ) {}

  /** Sends the body of an answer whose head was written. The chunks must stay as they are. */
  send(response: ServerResponse, chunks: readonly Uint8Array[]): void {
    const sending = { response, chunks, next: 0, progressAt: monotonicNow(), ended: false, queued: false }
    this.sending.add(sending)
    this.waiting.retain(chunks)
    this.makeRoomFor(sending)
    const timer = setTimeout(() => this.cut(sending, 'timeout'), this.limits.sendTimeout).unref()
    response.on('drain', () => this.go(sending))
    response.once('close', () => {
      clearTimeout(timer)
      this.end(sending)
    })
    this.go(sending)
  }

  /** Disconnects the client that has read nothing for the longest time; a single answer is sent at any size. */
  private makeRoomFor(newest: Sending): void {
    while (this.waiting.total > this.limits.maxWaitingBytes) {
      let slowest: Sending | undefined
      for (const other of this.sending) {
        if (other !== newest && other.progressAt < (slowest?.progressAt ?? Infinity)) slowest = other
      }
      if (slowest === undefined) return
      this.cut(slowest, 'bytes')
    }
  }

  private cut(sending: Sending, reason: RefusalReason): void {
    if (sending.ended) return
    this.end(sending)
    this.refused(reason)
    sending.response.destroy()
  }

  private end(sending: Sending): void {
    if (sending.ended) return
    sending.ended = true
    this.sending.delete(sending)
    this.waiting.release(sending.chunks)
  }

  /** Schedules the answer: at once if nothing else was written in this turn of the event loop. */
  private go(sending: Sending): void {
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

  /** What comes after a slice in the same turn of the event loop waits for the next one. */
  private readonly turn = (): void => {
    if (this.ready.length > 0) this.writeForASlice()
    else this.running = false
  }

  /** Writes one piece. */
  private write(sending: Sending): void {
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
    // If the system has taken the piece, the next one is scheduled; otherwise it follows at 'drain'.
    if (response.socket?.writableLength !== 0) return
    sending.queued = true
    this.ready.push(sending)
  }
}
