import { randomUUID } from 'node:crypto'
import type { Change } from './change.js'
import { sendPiece } from './piece-script.js'
import type { ScriptConnection } from './script.js'

/** Bytes of one piece, more or less: what a slow line delivers within a time limit. */
const pieceSize = 256 * 1024

/** Bytes of a change, and where they belong: behind an offset of the values or names, or an exemplar behind its field. */
interface Part {
  readonly kind: 'v' | 'n' | 'x'
  /** The offset; of an exemplar, how many of the bytes are its field. */
  readonly number: number
  readonly bytes: Uint8Array
}

/** What a piece belongs to, so that Redis can refuse it early. */
export interface PieceTarget {
  readonly ledgersKey: string
  readonly foldedKey: string
  /** The keys of heartbeats and state, where the pieces are those of a writer. */
  readonly heartbeat?: readonly [beatsKey: string, stateKey: string]
  /** The list of pieces that wait for the others. */
  readonly pendingKey: string
  readonly ledger: string
  /** The version that the ledger must have; undefined where the change replaces any. */
  readonly base: number | undefined
}

/**
 * A change in pieces: all but the last are sent ahead, one by one, and wait in a list. A script that takes the change
 * takes them from there in one step. Sending a piece again does no harm.
 */
export class Pieces {
  /** The ID of these pieces, different from that of any other change. */
  readonly token = randomUUID()
  /** How many of them Redis has. */
  acknowledged = 0
  private readonly plan: readonly (readonly Part[])[]

  constructor(change: Pick<Change, 'values' | 'names' | 'exemplars'>, size = pieceSize) {
    this.plan = inPieces(partsOf(change), size)
  }

  /** How many are sent ahead. */
  get ahead(): number {
    return this.plan.length - 1
  }

  /** Whether Redis has all that are sent ahead. */
  get complete(): boolean {
    return this.acknowledged >= this.ahead
  }

  /** What the script takes that writes the change. */
  words(): [token: string, ahead: string, last: Buffer] {
    return [this.token, String(this.ahead), this.encode(this.ahead)]
  }

  /**
   * Sends what Redis does not have yet, ahead of the script that takes the change. Ends early where Redis would not take
   * the change: that script says why. Rejects when a piece gets no answer: called again, it continues from there.
   */
  async send(target: PieceTarget, run: ScriptConnection['run'], goesOn: () => boolean = () => true): Promise<void> {
    const keys = [target.pendingKey, target.ledgersKey, target.foldedKey, ...(target.heartbeat ?? [])]
    let steps = 0
    while (!this.complete && goesOn()) {
      // As many again as there are: something takes them away.
      if (++steps > 2 * this.ahead + 2) throw new Error('Redis loses the pieces of a change before it is complete')
      const index = this.acknowledged + 1
      const base = target.base === undefined ? '' : String(target.base)
      const words = [this.token, String(index), target.ledger, base, this.encode(this.acknowledged)]
      const answer = Number(await run(sendPiece, keys, words))
      if (answer < 0) return
      this.acknowledged = answer
    }
  }

  private encode(index: number): Buffer {
    const parts = this.plan[index] ?? []
    const header = parts.map(({ kind, number, bytes }) => {
      return `${kind}${number} ${kind === 'x' ? bytes.length - number : bytes.length}`
    })
    return Buffer.concat([Buffer.from(`${header.join(' ')}\n`), ...parts.map(({ bytes }) => bytes)])
  }
}

function* partsOf({ values, names, exemplars }: Pick<Change, 'values' | 'names' | 'exemplars'>): Iterable<Part> {
  for (const { offset, bytes } of values) yield { kind: 'v', number: offset, bytes }
  for (const { offset, bytes } of names) yield { kind: 'n', number: offset, bytes }
  for (const [field, text] of exemplars) {
    yield { kind: 'x', number: Buffer.byteLength(field), bytes: Buffer.from(field + text) }
  }
}

/** Fills each piece; what is too long for one continues in the next. There is one piece at least. */
function inPieces(parts: Iterable<Part>, size: number): Part[][] {
  let room = size
  const pieces: Part[][] = [[]]
  const put = (part: Part): void => {
    pieces.at(-1)!.push(part)
    room -= part.bytes.length + 16
  }
  for (const part of parts) {
    const { kind, number, bytes } = part
    if (room <= 0 || (kind === 'x' && bytes.length > room)) {
      if (pieces.at(-1)!.length > 0) pieces.push([])
      room = size
    }
    if (kind === 'x') put(part)
    else {
      for (let from = 0; from < bytes.length; ) {
        if (room <= 0) {
          pieces.push([])
          room = size
        }
        const end = Math.min(bytes.length, from + room)
        put({ kind, number: number + from, bytes: bytes.subarray(from, end) })
        from = end
      }
    }
  }
  return pieces
}
