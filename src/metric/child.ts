import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { fitsExemplar, longestExemplar } from '../model/exemplar.js'
import { type ExemplarLabels, type LabelSet, labelText } from '../model/label-set.js'
import type { LabelTexts } from '../model/series-index/series-numbers.js'
import { type SeriesKey, seriesKey } from '../model/series-key.js'
import { monotonicNow } from '../platform/timers.js'
import type { Slots, Store } from '../store/contract.js'
import type { Counting } from './context.js'
import type { LabelValues } from './options.js'
import { noPlace, type Place, placeOf } from './place.js'

/** The metric that a child belongs to. */
export interface ChildOwner extends Omit<Counting, 'store'> {
  /** Where a series is counted at this moment. */
  storeOf(key: SeriesKey): Store
  /** The child with more labels than one that was asked for with some. */
  childWith(texts: LabelTexts, labels: Readonly<Record<string, unknown>>): Child
  /**
   * The label values to count under: these, or those of the series that takes what is beyond the metric's limit; undefined
   * for nowhere. Asked before a series is opened only.
   *
   * @throws MetricsError `LABEL_MISSING`, `SERIES_LIMIT`
   */
  admit(texts: LabelTexts): LabelTexts | undefined
  readonly children: Siblings
}

/** What a child needs of the metric's series. */
interface Siblings {
  textsOf(number: number): LabelTexts
  numberOf(texts: LabelTexts): number
  /** Moves a child to a series that is open already. */
  join(child: Child, texts: LabelTexts, held: boolean): boolean
  /** Records an opened series for the next child, and returns its number. */
  opened(texts: LabelTexts, place: Place, at: number, child?: Child): number
  /** Slots that are never read. */
  nowhere(): Slots
  /** When each bucket of a series got its last exemplar, by `performance.now()`. */
  exemplifiedIn(number: number): Map<number, number>
}

/** Milliseconds between two exemplars of one bucket. */
const exemplarInterval = 100

/**
 * The handle of one series; may be held for good. A metric has one besides that goes from series to series.
 *
 * It opens its slots at the first write, so that asking for a child shows nothing yet (prom-client's behaviour). Writing
 * compares one word with what was seen at opening: it differs before the first write, and after any process removed series.
 */
export abstract class Child {
  // What the verbs need of the place stands here as well: a child that is held is one step nearer to its slots.
  /** @internal */
  protected values: Float64Array = noPlace.values
  /** @internal */
  protected words: Int32Array = noPlace.words
  /** @internal */
  protected gate: Int32Array = noPlace.gate
  /** @internal */
  protected seen = noPlace.seen
  /** @internal */
  protected at = 0
  /** @internal */
  protected place: Place = noPlace
  private number = 0
  /** Of the child that moves, where the series has no number yet. */
  private sought: LabelTexts = []
  private exemplified: Map<number, number> | undefined

  /**
   * @internal
   * @param own its label values; none for the child that moves
   */
  constructor(
    /** @internal */
    protected readonly family: FamilyDescriptor,
    private readonly owner: ChildOwner,
    private readonly own?: LabelTexts,
  ) {}

  /** @internal The label values that it was asked for with. */
  get texts(): LabelTexts {
    return this.own ?? (this.number > 0 ? this.owner.children.textsOf(this.number) : this.sought)
  }

  /** @internal */
  get key(): SeriesKey {
    return seriesKey(this.texts)
  }

  /** @internal Of the series that the last count went to: another one beyond the metric's limit. */
  protected get countedKey(): SeriesKey {
    return this.number > 0 ? seriesKey(this.owner.children.textsOf(this.number)) : this.key
  }

  /** @internal Whether this process has counted in the series. */
  protected get isCounted(): boolean {
    return this.owner.children.numberOf(this.texts) > 0
  }

  /** @internal Moves the child to the series of this number, whose slots are here. */
  moveTo(number: number, place: Place, at: number): void {
    this.number = number
    this.at = at
    // Most series of a metric are in one.
    if (place !== this.place) this.enter(place)
  }

  /** @internal A child of a series without a count: the series takes up no room before its first count. */
  seek(texts: LabelTexts): void {
    this.number = 0
    this.sought = texts
    this.enter(noPlace)
  }

  private enter(place: Place): void {
    this.place = place
    this.values = place.values
    this.words = place.words
    this.gate = place.gate
    this.seen = place.seen
  }

  /** @internal Finds the slots again: before the first write, and after the gate moved. */
  open(): void {
    const { children } = this.owner
    const texts = this.owner.admit(this.texts)
    // Not where another series takes what is counted here.
    const held = texts === this.own
    // One that was just sought is not open yet.
    if (texts !== undefined && texts !== this.sought && children.join(this, texts, held)) return
    const key = texts === undefined ? this.key : seriesKey(texts)
    const store = this.owner.storeOf(key)
    // The gate first: a removal while the series is opened makes the next write open it again.
    const { gate } = store
    const seen = Atomics.load(gate, 0)
    const slots = texts === undefined ? children.nowhere() : store.open(this.family, key)
    const place = placeOf(slots, gate, seen)
    const at = this.countedAt(slots)
    // Opening may report a fault, and `onError` may count: then this child has moved on meanwhile, and comes back.
    this.moveTo(texts === undefined ? 0 : children.opened(texts, place, at, held ? this : undefined), place, at)
  }

  /** @internal Keeps an example of what was counted: at most one per bucket and tenth of a second, which costs little. */
  protected exemplify(bucket: number, value: number, given: ExemplarLabels): void {
    const now = monotonicNow()
    const last =
      this.own === undefined ? this.owner.children.exemplifiedIn(this.number) : (this.exemplified ??= new Map())
    if (now - (last.get(bucket) ?? Number.NEGATIVE_INFINITY) < exemplarInterval) return
    let labels: LabelSet | undefined
    try {
      labels = present(this.family.name, given)
    } catch (fault) {
      // The count itself is right, and stays.
      this.owner.onError(fault as MetricsError)
    }
    // Of a request that was not traced there is nothing to show.
    if (labels === undefined) return
    last.set(bucket, now)
    const timestamp = Date.now() / 1000
    if (fitsExemplar(labels))
      this.owner
        .storeOf(this.countedKey)
        .setExemplar(this.family, this.countedKey, bucket, { labels, value, timestamp })
    else this.owner.onError(tooLong(this.family.name))
  }

  /** The child with these labels besides those that this one was asked for with. */
  labels(more: Partial<LabelValues<string>>): this {
    return this.owner.childWith(this.texts, more) as this
  }

  /** @internal Forgets the slots: the next write begins a fresh series. */
  detach(): void {
    this.enter(noPlace)
  }

  /** @internal The slot that the verbs work on, or from which they find theirs. */
  protected countedAt(slots: Slots): number {
    return slots.at
  }
}

/** The labels that have a value; nothing where none has. */
function present(metric: string, given: Readonly<Record<string, unknown>>): LabelSet | undefined {
  if (typeof given !== 'object') return undefined
  const labels: Record<string, string> = {}
  let some = false
  for (const name of Object.keys(given)) {
    const text = labelText(`an exemplar of ${metric}`, name, given[name])
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
