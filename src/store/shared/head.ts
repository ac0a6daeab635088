import { crc32 } from './checksum.js'
import { at, byteOrderTag, fixedSize, headerSize, kinds, magic, major, minor, type SeatKind, states } from './format.js'

/** The latest date that JavaScript can represent, in unix seconds. */
const latest = 8.64e12

/** The owner of a seat: enough to distinguish it from a later process with the same pid. */
export interface OwnerFacts {
  readonly pid: number
  readonly threadId: number
  /** Start of the process, in clock ticks since boot; 0 if unknown. */
  readonly startTicks: number
  /** 0 if unknown. */
  readonly pidNamespace: number
  readonly startedAt: number
  /** The id of its liveness file; empty if it has none. */
  readonly livenessId: string
}

/** The first 4096 bytes of a values file: mapped, on the heap, or read from the file. */
export class Head {
  readonly words: Int32Array
  private readonly floats: Float64Array

  constructor(readonly bytes: Uint8Array) {
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, headerSize / 4)
    this.floats = new Float64Array(bytes.buffer, bytes.byteOffset, headerSize / 8)
  }

  /** Writes the fields that never change. */
  create(seat: number, logId: Uint8Array, runId: Uint8Array, kind: SeatKind): void {
    this.bytes.set(magic, at.magic)
    this.words[at.major / 4] = major | (minor << 16)
    this.words[at.byteOrder / 4] = byteOrderTag
    this.words[at.headerSize / 4] = headerSize
    this.words[at.seat / 4] = seat
    this.bytes.set(logId, at.logId)
    this.bytes.set(runId, at.runId)
    this.words[at.kind / 4] = kind
    this.words[at.checksum / 4] = crc32(this.bytes, 0, fixedSize) | 0
  }

  /** Returns why these bytes are not a valid head, or undefined. */
  fault(): string | undefined {
    if (!magic.equals(this.bytes.subarray(0, magic.length))) return 'foreign'
    if (this.words[at.byteOrder / 4] !== byteOrderTag) return 'byte_order'
    if ((this.words[at.major / 4]! & 0xffff) !== major) return 'version'
    if (this.words[at.checksum / 4] !== (crc32(this.bytes, 0, fixedSize) | 0)) return 'checksum'
    if (this.words[at.headerSize / 4] !== headerSize) return 'size'
    if (this.kind !== kinds.mapped && this.kind !== kinds.buffered) return 'kind'
    return undefined
  }

  /**
   * Returns why the fields that change are invalid, or undefined. Each number is written in one store, so it is valid
   * even while an owner takes the seat.
   */
  contentFault(): string | undefined {
    const { pid, threadId, startTicks, pidNamespace, startedAt } = this.owner()
    const numbers = [startTicks, pidNamespace, startedAt, this.heartbeat, this.floats[at.logBytes / 8]!, this.removals]
    const counts = [pid, threadId, this.epoch, this.used, this.exemplars]
    const possible = numbers.every((each) => each >= 0 && each <= Number.MAX_SAFE_INTEGER) && startedAt <= latest
    return possible && counts.every((count) => count >= 0) ? undefined : 'contents'
  }

  /**
   * Writes the facts of the next owner. The epoch changes in one store: from then on, readers treat the gauges of the
   * previous owner as those of a dead process.
   */
  writeOwner(owner: OwnerFacts): void {
    this.words[at.state / 4] = states.adopting
    this.words[at.pid / 4] = owner.pid
    this.words[at.threadId / 4] = owner.threadId
    this.floats[at.startTicks / 8] = owner.startTicks
    this.floats[at.startedAt / 8] = owner.startedAt
    this.floats[at.pidNamespace / 8] = owner.pidNamespace
    this.livenessId = owner.livenessId
    this.words[at.epoch / 4]! += 1
    Atomics.store(this.words, at.state / 4, states.ready)
  }

  owner(): OwnerFacts {
    return {
      pid: this.words[at.pid / 4]!,
      threadId: this.words[at.threadId / 4]!,
      startTicks: this.floats[at.startTicks / 8]!,
      pidNamespace: this.floats[at.pidNamespace / 8]!,
      startedAt: this.floats[at.startedAt / 8]!,
      livenessId: this.livenessId,
    }
  }

  get kind(): number {
    return this.words[at.kind / 4]!
  }
  get seat(): number {
    return this.words[at.seat / 4]!
  }
  get epoch(): number {
    return this.words[at.epoch / 4]!
  }
  get state(): number {
    return this.words[at.state / 4]!
  }
  set state(state: number) {
    this.words[at.state / 4] = state
  }
  get logId(): string {
    return hex(this.bytes, at.logId)
  }
  get runId(): string {
    return hex(this.bytes, at.runId)
  }
  /** Slots handed out. */
  get used(): number {
    return this.words[at.used / 4]!
  }
  set used(slots: number) {
    this.words[at.used / 4] = slots
  }
  /** The number of series for which the file had no space. */
  get dropped(): number {
    return this.words[at.dropped / 4]!
  }
  set dropped(series: number) {
    this.words[at.dropped / 4] = series
  }
  /** The valid length of the series file. Stored last, so a reader that sees it finds the line and its slots. */
  get logBytes(): number {
    // Always an integer, even in a damaged file: reading up to a fraction would never end.
    return Math.floor(this.floats[at.logBytes / 8]!)
  }
  set logBytes(bytes: number) {
    this.floats[at.logBytes / 8] = bytes
  }
  /** Unix seconds at which a buffered owner last wrote. */
  get heartbeat(): number {
    return this.floats[at.heartbeat / 8]!
  }
  set heartbeat(seconds: number) {
    this.floats[at.heartbeat / 8] = seconds
  }
  /** The number of times that the series file was rewritten; earlier readings of it are invalid. */
  get logEdition(): number {
    return this.words[at.logEdition / 4]!
  }
  set logEdition(edition: number) {
    this.words[at.logEdition / 4] = edition
  }
  get livenessId(): string {
    const words = this.words.subarray(at.livenessId / 4, at.livenessId / 4 + 4)
    return words.every((word) => word === 0) ? '' : hex(this.bytes, at.livenessId)
  }
  set livenessId(id: string) {
    this.bytes.fill(0, at.livenessId, at.livenessId + 16)
    this.bytes.set(Buffer.from(id, 'hex'), at.livenessId)
  }
  /** Odd while a buffered owner writes slots. */
  get flushes(): number {
    return this.words[at.flushes / 4]!
  }
  set flushes(count: number) {
    this.words[at.flushes / 4] = count | 0
  }
  /** Cells in the exemplars file. */
  get exemplars(): number {
    return this.words[at.exemplars / 4]!
  }
  set exemplars(cells: number) {
    this.words[at.exemplars / 4] = cells
  }
  /** The position up to which the owner has carried out removals. */
  get removals(): number {
    return this.floats[at.removals / 8]!
  }
  set removals(position: number) {
    this.floats[at.removals / 8] = position
  }
}

/** Returns 16 bytes as hexadecimal text. */
function hex(bytes: Uint8Array, from: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, 16).toString('hex')
}
