import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import type { Exemplar } from '../model/exemplar.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { exactKey, type LabelFilter, matches, type SeriesKey } from '../model/series-key.js'
import type { PlacedExemplar, Slots, SourceReading, Store, StoredSeries } from './backend.js'
import { type Run, type Segment, Segments } from './segments.js'
import { opened, removed, SeriesLog } from './series-log.js'

const firstSegment = 1024
const largestSegment = 1 << 19

interface KnownFamily {
  readonly family: FamilyDescriptor
  readonly index: number
  readonly series: Map<SeriesKey, Run>
}

/** Slots on the heap of one process: what a backend counts in that sends its numbers elsewhere. */
export class MemoryStore implements Store {
  readonly writer = `memory-${process.pid}`
  readonly gate = new Int32Array(1)
  readonly log = new SeriesLog()
  private readonly segments = new Segments(nextSegment)
  private readonly families = new Map<string, KnownFamily>()
  private readonly startedAt = Date.now() / 1000
  private readonly exemplars = new Map<string, PlacedExemplar>()
  private dense = new Float64Array(0)

  /** @param seat which writer's series these are: 0 for nobody's in particular */
  constructor(private readonly seat = 1) {}

  open(family: FamilyDescriptor, key: SeriesKey): Slots {
    const known = this.family(family)
    let run = known.series.get(key)
    const layout = layoutOf(family)
    if (run === undefined) {
      run = this.segments.allocate(layout.width)
      layout.claim(run.segment, run.at, 1)
      known.series.set(key, run)
      this.log.append(opened, known.index, run.slot, key, Date.now() / 1000)
    }
    return slotsOf(run)
  }

  remove(family: FamilyDescriptor, filter: LabelFilter): void {
    const known = this.families.get(definitionKey(family))
    if (known === undefined) return
    const exact = exactKey(family.labelNames, filter)
    for (const key of exact === undefined ? [...known.series.keys()] : [exact]) {
      const run = known.series.get(key)
      if (run === undefined || !matches(family.labelNames, key, filter)) continue
      known.series.delete(key)
      this.log.append(removed, known.index, run.slot, key, 0)
      this.segments.release(run, layoutOf(family).width)
      this.dropExemplars(run.slot)
    }
    Atomics.add(this.gate, 0, 1)
  }

  snapshot(): SourceReading {
    const { used } = this.segments
    if (this.dense.length < used) this.dense = new Float64Array(Math.max(1024, used * 2))
    for (const { first, values } of this.segments.all)
      this.dense.set(values.subarray(0, Math.max(0, used - first)), first)
    const { writer, startedAt, log, seat } = this
    const values = this.dense.subarray(0, used)
    return {
      writers: [
        {
          writer,
          seat,
          live: true,
          epoch: 1,
          startedAt,
          log,
          values,
          bytes: values.byteLength,
          dropped: 0,
          exemplars: () => [...this.exemplars.values()],
        },
      ],
      errors: [],
    }
  }

  setExemplar(family: FamilyDescriptor, key: SeriesKey, bucket: number, exemplar: Exemplar): void {
    const slot = this.families.get(definitionKey(family))?.series.get(key)?.slot
    if (slot !== undefined) this.exemplars.set(`${slot} ${bucket}`, { slot, bucket, exemplar })
  }

  *series(): Iterable<StoredSeries> {
    for (const { family, series } of this.families.values()) {
      for (const [key, run] of series) yield { family, key, slots: slotsOf(run) }
    }
  }

  flush(): void {}
  close(): void {}

  private dropExemplars(slot: number): void {
    for (const [key, placed] of this.exemplars) if (placed.slot === slot) this.exemplars.delete(key)
  }

  private family(family: FamilyDescriptor): KnownFamily {
    const key = definitionKey(family)
    let known = this.families.get(key)
    if (known === undefined) {
      known = { family, index: this.log.families.push(family) - 1, series: new Map() }
      this.families.set(key, known)
    }
    return known
  }
}

function slotsOf({ segment, at }: Run): Slots {
  return { values: segment.values, words: segment.words, at, epoch: 1 }
}

function nextSegment(first: number, width: number): Segment {
  const length = Math.max(width, Math.min(largestSegment, first === 0 ? firstSegment : first))
  const values = new Float64Array(length)
  return { first, values, words: new Int32Array(values.buffer) }
}
