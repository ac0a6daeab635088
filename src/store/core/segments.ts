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

/** Allocates runs of slots, and frees them. Growing adds a segment; allocated runs never move. */
export class Segments {
  readonly all: Segment[] = []
  /** The end of the allocated slots: readers do not have to read further. */
  used = 0
  /** First slots by width. */
  private readonly free = new Map<number, number[]>()

  /** @param grow creates the next segment, of at least `width` slots; throws if there is no space */
  constructor(private readonly grow: (first: number, width: number) => Segment) {}

  /** Allocates a run of `width` zeroed slots in one segment. Throws the error of `grow`. */
  allocate(width: number): SlotRun {
    const freed = this.free.get(width)?.pop()
    const run = freed === undefined ? this.next(width) : this.at(freed)
    // New slots as well: an owner that was killed may have written slots that it had not announced yet.
    run.segment.values.fill(0, run.at, run.at + width)
    return run
  }

  private next(width: number): SlotRun {
    // Not always the last one: an owner may have died after growing, before it used the new segment.
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

  /** The number of slots that fit without growing. */
  get capacity(): number {
    const last = this.all.at(-1)
    return last === undefined ? 0 : last.first + last.values.length
  }

  /** Returns the run that begins at a slot, which may be of an earlier owner. */
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
