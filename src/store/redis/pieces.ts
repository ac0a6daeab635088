import { randomUUID } from 'node:crypto'
import type { Change } from './change.js'
import { sendPiece } from './piece-script.js'
import type { ScriptConnection } from './script.js'

/** The approximate size of one piece in bytes, small enough for a slow connection to deliver it within the timeout. */
const pieceSize = 256 * 1024

/**
 * Bytes of a change and their target: an offset in the values or names, or the field of an exemplar, which precedes it
 * in the bytes.
 */
interface Part {
  readonly kind: 'v' | 'n' | 'x'
  /** The offset; for an exemplar, the number of bytes of its field. */
  readonly number: number
  readonly bytes: Uint8Array
}

/** The ledger of a piece, so that Redis can refuse the piece early. */
export interface PieceTarget {
  readonly ledgersKey: string
  readonly foldedKey: string
  /** The keys of heartbeats and state, if the pieces are those of a writer. */
  readonly heartbeat?: readonly [beatsKey: string, stateKey: string]
  /** The key of the list of stored pieces. */
  readonly pendingKey: string
  readonly ledger: string
  /** The version that the ledger must have; undefined if the change replaces any version. */
  readonly base: number | undefined
}

/**
 * A change in pieces. All but the last are sent ahead, one by one, and stored in a list. The script that applies the
 * change reads them from there, in one step. Sending a piece again is harmless.
 */
export class Pieces {
  /** The ID of these pieces, different from that of any other change. */
  readonly token = randomUUID()
  /** The number of pieces that Redis has. */
  acknowledged = 0
  private readonly plan: readonly (readonly Part[])[]

  constructor(change: Pick<Change, 'values' | 'names' | 'exemplars'>, size = pieceSize) {
    this.plan = inPieces(partsOf(change), size)
  }

  /** The number of pieces that are sent ahead. */
  get ahead(): number {
    return this.plan.length - 1
  }

  /** Whether Redis has all pieces that are sent ahead. */
  get complete(): boolean {
    return this.acknowledged >= this.ahead
  }

  /** Returns the arguments of the script that applies the change. */
  words(): [token: string, ahead: string, last: Buffer] {
    return [this.token, String(this.ahead), this.encode(this.ahead)]
  }

  /**
   * Sends the pieces that Redis does not have yet, ahead of the script that applies the change. Returns early if Redis
   * would refuse the change; that script then returns the reason. Rejects if a piece gets no answer; the next call
   * continues from there.
   */
  async send(target: PieceTarget, run: ScriptConnection['run'], goesOn: () => boolean = () => true): Promise<void> {
    const keys = [target.pendingKey, target.ledgersKey, target.foldedKey, ...(target.heartbeat ?? [])]
    let steps = 0
    while (!this.complete && goesOn()) {
      // Each piece was sent twice, so something deletes them.
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

/** Fills each piece; a part that is too long continues in the next piece. There is at least one piece. */
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
