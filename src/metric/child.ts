import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { fitsExemplar, longestExemplar } from '../model/exemplar.js'
import type { LabelSet } from '../model/label-set.js'
import { layoutOf } from '../model/layout/layout-of.js'
import type { SeriesKey } from '../model/series-key.js'
import type { Slots } from '../store/backend.js'
import type { Counting } from './home.js'
import type { LabelValues } from './options.js'

const nothing = new Float64Array(0)
const noGate = new Int32Array(1)

/** The metric that a child belongs to. */
export interface ChildOwner extends Counting {
  /** The child with more labels than one that was asked for with some. */
  childWith(key: SeriesKey, labels: Readonly<Record<string, unknown>>): Child
  /** Throws for a series that cannot be counted. Asked before its first count only. */
  admit?(key: SeriesKey): void
}

/** Seconds between two exemplars of one bucket. */
const exemplarInterval = 0.1

/**
 * The handle of one series; may be held for good.
 *
 * It opens its slots at the first write, so that asking for a child shows nothing yet (prom-client's behaviour). Writing
 * compares one word with what was seen at opening: it differs before the first write, and after anybody removed series.
 */
export abstract class Child {
  protected values: Float64Array = nothing
  protected at = 0
  protected gate: Int32Array = noGate
  protected seen = -1
  /** When each bucket got its last exemplar. */
  private exemplified: Map<number, number> | undefined

  constructor(
    protected readonly family: FamilyDescriptor,
    readonly key: SeriesKey,
    private readonly owner: ChildOwner,
  ) {}

  /** Finds the slots again: before the first write, and after the gate moved. */
  open(): void {
    this.owner.admit?.(this.key)
    const store = this.owner.store()
    // The gate first: a removal while the series is opened makes the next write open it again.
    this.gate = store.gate
    this.seen = Atomics.load(store.gate, 0)
    this.attach(store.open(this.family, this.key))
  }

  /** Keeps an example of what was counted; one per bucket and a tenth of a second, so that it costs little. */
  protected exemplify(bucket: number, value: number, labels: LabelSet): void {
    const timestamp = Date.now() / 1000
    this.exemplified ??= new Map()
    if (timestamp - (this.exemplified.get(bucket) ?? 0) < exemplarInterval) return
    this.exemplified.set(bucket, timestamp)
    if (fitsExemplar(labels))
      this.owner.store().setExemplar(this.family, this.key, bucket, { labels, value, timestamp })
    else this.owner.onError(tooLong(this.family.name))
  }

  /** The child with these labels besides those that this one was asked for with. */
  labels(more: Partial<LabelValues<string>>): this {
    return this.owner.childWith(this.key, more) as this
  }

  /** Counts from now on into slots that nobody reads. */
  countNowhere(): void {
    const { width } = layoutOf(this.family)
    const values = new Float64Array(width)
    const slots = { values, words: new Int32Array(values.buffer), at: 0, epoch: 1 }
    layoutOf(this.family).claim(slots, 0, 1)
    this.gate = new Int32Array(1)
    this.seen = 0
    this.attach(slots)
  }

  /** Forgets the slots: the next write begins a fresh series. */
  detach(): void {
    this.seen = -1
    this.gate = noGate
  }

  protected attach(slots: Slots): void {
    this.values = slots.values
    this.at = slots.at
  }
}

function tooLong(name: string): MetricsError {
  const text = `an exemplar of ${name} was left out: its labels are longer than ${longestExemplar} characters together`
  return new MetricsError('EXEMPLAR_TOO_LONG', text)
}
