import { threadId } from 'node:worker_threads'
import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { exactKey, type LabelFilter, matches, type SeriesKey } from '../../model/series-key.js'
import {
  type Backend,
  nameOfProcess,
  type PlacedExemplar,
  type Slots,
  type Source,
  type SourceReading,
  type Store,
  type StoredSeries,
} from '../backend.js'
import { type Run, type Segment, Segments } from '../segments.js'
import { opened, removed, SeriesLog } from '../series-log.js'

const firstSegment = 1024
const largestSegment = 1 << 19
/** A log with fewer lines is not worth beginning again. */
const smallEnough = 4096

/** One process, nothing shared: the same slots on the heap, read the same way. */
export class MemoryBackend implements Backend {
  readonly name: string = 'memory'
  private readonly store = new MemoryStore()
  openStore(): MemoryStore {
    return this.store
  }
  openSource(): Source {
    return { read: async () => this.store.snapshot(), close() {} }
  }
}

interface KnownFamily {
  readonly family: FamilyDescriptor
  /** Its number in the log. */
  index: number
  readonly series: Map<SeriesKey, Run>
}

export class MemoryStore implements Store {
  readonly writer = `memory-${process.pid}`
  readonly gate = new Int32Array(1)
  log = new SeriesLog()
  private readonly segments = new Segments(nextSegment)
  private readonly families = new Map<string, KnownFamily>()
  private readonly startedAt = Date.now() / 1000
  private readonly exemplars = new Map<string, PlacedExemplar>()
  private dense = new Float64Array(0)
  /** Lines of the log that tell of what is no more. */
  private waste = 0

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
      this.waste += 2
    }
    if (this.log.length > smallEnough && this.waste > this.log.length * 0.75) this.rewriteLog()
    Atomics.add(this.gate, 0, 1)
  }

  /** Begins the log again with what is left, under the same numbers: it does not grow with series that come and go. */
  private rewriteLog(): void {
    const { log: before } = this
    const createdAt = new Map<number, number>()
    for (let i = 0; i < before.length; i++)
      if (before.kinds[i] === opened) createdAt.set(before.slotOf[i]!, before.createdAt[i]!)
    this.log = new SeriesLog()
    this.waste = 0
    for (const [definition, known] of this.families) {
      if (known.series.size === 0) {
        this.families.delete(definition)
        continue
      }
      known.index = this.log.families.push(known.family) - 1
      for (const [key, { slot }] of known.series) this.log.append(opened, known.index, slot, key, createdAt.get(slot)!)
    }
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
          process: nameOfProcess(process.pid, threadId),
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
