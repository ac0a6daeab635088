import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { fitsExemplar, longestExemplar } from '../model/exemplar.js'
import { type LabelSet, labelText } from '../model/label-set.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { type SeriesKey, seriesKey } from '../model/series-key.js'
import type { LabelTexts } from '../model/series-numbers.js'
import type { Slots, Store } from '../store/backend.js'
import type { Counting } from './home.js'
import type { LabelValues } from './options.js'
import { noPlace, type Place, placeOf } from './place.js'

/** The metric that a child belongs to. */
export interface ChildOwner extends Omit<Counting, 'store'> {
  /** Where a series is counted at this moment. */
  storeOf(key: SeriesKey): Store
  /** The child with more labels than one that was asked for with some. */
  childWith(texts: LabelTexts, labels: Readonly<Record<string, unknown>>): Child
  /** Throws for a series that cannot be counted. Asked before its first count only. */
  admit(texts: LabelTexts): void
  readonly children: Siblings
}

/** What a child needs of the metric's series. */
interface Siblings {
  textsOf(number: number): LabelTexts
  /** Told where a series lies that was opened: the next child finds it there. */
  opened(texts: LabelTexts, place: Place, at: number): void
  /** When each bucket of a series got its last exemplar, by `performance.now()`. */
  exemplifiedIn(number: number): Map<number, number>
}

/** Milliseconds between two exemplars of one bucket. */
const exemplarInterval = 100

/**
 * The handle of one series; may be held for good. A metric has one besides that goes from series to series.
 *
 * It opens its slots at the first write, so that asking for a child shows nothing yet (prom-client's behaviour). Writing
 * compares one word with what was seen at opening: it differs before the first write, and after anybody removed series.
 */
export abstract class Child {
  // What the verbs need of the place stands here as well: a child that is held is one step nearer to its slots.
  protected values: Float64Array = noPlace.values
  protected words: Int32Array = noPlace.words
  protected gate: Int32Array = noPlace.gate
  protected seen = noPlace.seen
  protected at = 0
  protected place: Place = noPlace
  private number = 0
  private exemplified: Map<number, number> | undefined

  /** @param own its label values; none for the child that moves */
  constructor(
    protected readonly family: FamilyDescriptor,
    private readonly owner: ChildOwner,
    private readonly own?: LabelTexts,
  ) {}

  get texts(): LabelTexts {
    return this.own ?? this.owner.children.textsOf(this.number)
  }

  get key(): SeriesKey {
    return seriesKey(this.texts)
  }

  /** Stands for the series of this number, which lies here. */
  moveTo(number: number, place: Place, at: number): void {
    this.number = number
    this.at = at
    // Most series of a metric lie in one.
    if (place !== this.place) this.enter(place)
  }

  private enter(place: Place): void {
    this.place = place
    this.values = place.values
    this.words = place.words
    this.gate = place.gate
    this.seen = place.seen
  }

  /** Finds the slots again: before the first write, and after the gate moved. */
  open(): void {
    const { number, texts } = this
    this.owner.admit(texts)
    const key = seriesKey(texts)
    const store = this.owner.storeOf(key)
    // The gate first: a removal while the series is opened makes the next write open it again.
    const { gate } = store
    const seen = Atomics.load(gate, 0)
    const slots = store.open(this.family, key)
    // Opening may tell of a fault, and who is told may count: then this child has moved on meanwhile, and comes back.
    this.moveTo(number, placeOf(slots, gate, seen), this.countedAt(slots))
    this.owner.children.opened(texts, this.place, this.at)
  }

  /** Keeps an example of what was counted; one per bucket and a tenth of a second, so that it costs little. */
  protected exemplify(bucket: number, value: number, given: LabelSet): void {
    const now = performance.now()
    const last =
      this.own === undefined ? this.owner.children.exemplifiedIn(this.number) : (this.exemplified ??= new Map())
    if (now - (last.get(bucket) ?? Number.NEGATIVE_INFINITY) < exemplarInterval) return
    const labels = present(given)
    // Of a request that was not traced there is nothing to show.
    if (labels === undefined) return
    last.set(bucket, now)
    const timestamp = Date.now() / 1000
    if (fitsExemplar(labels))
      this.owner.storeOf(this.key).setExemplar(this.family, this.key, bucket, { labels, value, timestamp })
    else this.owner.onError(tooLong(this.family.name))
  }

  /** The child with these labels besides those that this one was asked for with. */
  labels(more: Partial<LabelValues<string>>): this {
    return this.owner.childWith(this.texts, more) as this
  }

  /** Counts from now on into slots that nobody reads. */
  countNowhere(): void {
    const { width } = layoutOf(this.family)
    const values = new Float64Array(width)
    const slots = { values, words: new Int32Array(values.buffer), at: 0, epoch: 1 }
    layoutOf(this.family).claim(slots, 0, 1)
    this.moveTo(0, placeOf(slots, new Int32Array(1), 0), this.countedAt(slots))
  }

  /** Forgets the slots: the next write begins a fresh series. */
  detach(): void {
    this.enter(noPlace)
  }

  /** The slot that the verbs work on, or from which they find theirs. */
  protected countedAt(slots: Slots): number {
    return slots.at
  }
}

/** The labels that have a value; nothing where none has. */
function present(given: Readonly<Record<string, unknown>>): LabelSet | undefined {
  if (typeof given !== 'object') return undefined
  const labels: Record<string, string> = {}
  let some = false
  for (const name in given) {
    const text = labelText(given[name])
    if (text === null) continue
    labels[name] = text
    some = true
  }
  return some ? labels : undefined
}

function tooLong(name: string): MetricsError {
  const text = `an exemplar of ${name} was left out: its labels are longer than ${longestExemplar} characters together`
  return new MetricsError('EXEMPLAR_TOO_LONG', text)
}
