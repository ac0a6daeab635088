import type { SlotArea } from '../../model/layout/slot-layout.js'

/** A stretch of slots that never moves. */
export interface Segment extends SlotArea {
  /** Index of its first slot among all slots of the writer. */
  readonly first: number
}

/** A run of slots: its offset in its segment, and its index among all slots of the writer. */
export interface SlotRun {
  readonly segment: Segment
  readonly at: number
  readonly slot: number
}

/** Hands out runs of slots, and takes them back. Growing adds a segment; what was handed out stays where it is. */
export class Segments {
  readonly all: Segment[] = []
  /** Slots handed out so far: readers need not look further. */
  used = 0
  /** First slots by width. */
  private readonly free = new Map<number, number[]>()

  /** @param grow makes the next segment, of at least `width` slots; throws when there is no room */
  constructor(private readonly grow: (first: number, width: number) => Segment) {}

  /** A run of `width` zeroed slots of one segment. Throws what `grow` throws. */
  allocate(width: number): SlotRun {
    const freed = this.free.get(width)?.pop()
    const run = freed === undefined ? this.next(width) : this.at(freed)
    // Also where it is new: an owner that was killed may have stored into slots that it had not announced yet.
    run.segment.values.fill(0, run.at, run.at + width)
    return run
  }

  private next(width: number): SlotRun {
    // Not always the last one: an owner that died right after growing had not used the new one.
    let index = this.all.findLastIndex(({ first }) => first <= this.used)
    let segment = this.all[index]
    while (segment === undefined || segment.first + segment.values.length < this.used + width) {
      segment = this.all[++index] ?? this.add(width)
      this.used = segment.first
    }
    const slot = this.used
    this.used += width
    return { segment, at: slot - segment.first, slot }
  }

  private add(width: number): Segment {
    const segment = this.grow(this.capacity, width)
    this.all.push(segment)
    return segment
  }

  /** How many slots there is room for without growing. */
  get capacity(): number {
    const last = this.all.at(-1)
    return last === undefined ? 0 : last.first + last.values.length
  }

  /** The run that begins at a slot which an earlier owner handed out. */
  at(slot: number): SlotRun {
    const segment = this.all.findLast((candidate) => candidate.first <= slot)
    if (segment === undefined) throw new RangeError(`slot ${slot} is before the first segment`)
    return { segment, at: slot - segment.first, slot }
  }

  release(slot: number, width: number): void {
    const list = this.free.get(width)
    if (list === undefined) this.free.set(width, [slot])
    else list.push(slot)
  }
}
