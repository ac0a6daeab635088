import type { ServerResponse } from 'node:http'
import type { RefusalReason } from './port-events.js'
import type { CheckedLimits } from './port-limits.js'
import { WaitingBytes } from './waiting-bytes.js'

/** Bytes that are handed to a connection at a time. */
const pieceSize = 256 * 1024
/** Milliseconds of one turn of the event loop that are spent on writing. */
const slice = 1.5
// Taken when the module is loaded: fake timers of a test must not hold an answer back.
const soon = setImmediate

/** One answer on its way to a client. */
interface Sending {
  readonly response: ServerResponse
  readonly chunks: readonly Uint8Array[]
  /** The next chunk to write. */
  next: number
  /** The first chunk that the client may not have taken yet. */
  taken: number
  /** Milliseconds of a monotonic clock at which the client last took something. */
  progressAt: number
  ended: boolean
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
    const sending = { response, chunks, next: 0, taken: 0, progressAt: performance.now(), ended: false }
    this.sending.add(sending)
    for (const chunk of chunks) this.waiting.retain(chunk)
    this.makeRoomFor(sending)
    const timer = setTimeout(() => this.cut(sending, 'timeout'), this.limits.sendTimeout).unref()
    response.on('drain', () => this.go(sending))
    response.once('close', () => {
      clearTimeout(timer)
      this.end(sending)
    })
    this.go(sending)
  }

  /** What has been read the least recently makes room first; an answer that is alone is sent, however large it is. */
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
    this.release(sending, sending.chunks.length)
  }

  private release(sending: Sending, until: number): void {
    while (sending.taken < until) this.waiting.release(sending.chunks[sending.taken++]!)
  }

  /** The first piece is written at once; everything that follows in the same turn of the event loop waits for its slice. */
  private go(sending: Sending): void {
    sending.progressAt = performance.now()
    if (this.running) {
      this.ready.push(sending)
      return
    }
    this.running = true
    this.write(sending)
    soon(this.turn)
  }

  private readonly turn = (): void => {
    const began = performance.now()
    for (let sending = this.ready.shift(); sending !== undefined; sending = this.ready.shift()) {
      this.write(sending)
      if (performance.now() - began > slice) break
    }
    this.running = this.ready.length > 0
    if (this.running) soon(this.turn)
  }

  /** Writes one piece. */
  private write(sending: Sending): void {
    const { response, chunks } = sending
    if (sending.ended) return
    this.release(sending, sending.next)
    let size = 0
    let goesOn = true
    response.cork()
    while (sending.next < chunks.length && size < pieceSize) {
      const chunk = chunks[sending.next++]!
      goesOn = response.write(chunk)
      size += chunk.length
    }
    if (sending.next === chunks.length) {
      response.end()
      return
    }
    response.uncork()
    // Otherwise 'drain' follows.
    if (goesOn) this.ready.push(sending)
  }
}
