import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { type Exemplar, fitsExemplar, longestExemplar } from '../model/exemplar.js'
import { type ExemplarLabels, type LabelSet, labelText } from '../model/label-set.js'
import { type SeriesKey, seriesKey } from '../model/series-key.js'
import { type LabelTexts, refOf, type SeriesRef } from '../model/series-ref.js'
import { monotonicNow } from '../platform/timers.js'
import type { Slots, Store } from '../store/contract.js'
import type { Counting } from './context.js'
import type { LabelValues } from './options.js'
import { noWindow, type SlotWindow, windowOf } from './slot-window.js'

/** The metric that a child belongs to. */
export interface ChildOwner extends Omit<Counting, 'store'> {
  /** Where a series is counted at this moment. */
  storeOf(series: SeriesRef): Store
  /** The child with more labels than one that was asked for with some. */
  childWith(texts: LabelTexts, labels: Readonly<Record<string, unknown>>): Child
  /**
   * The series to count in: this one, or the one that takes what is beyond the metric's limit; undefined for nowhere. Asked
   * before a series is opened only.
   *
   * @throws MetricsError `LABEL_MISSING`, `SERIES_LIMIT`
   */
  admit(series: SeriesRef): SeriesRef | undefined
  readonly children: Siblings
  /** Takes exemplars that come soon after another one of their bucket; they are dropped where it is left out. */
  readonly latestExemplars?: ExemplarKeeper
}

interface ExemplarKeeper {
  /** @param exemplar undefined once the store has got a later one */
  keep(series: SeriesRef, bucket: number, exemplar: Exemplar | undefined): void
}

/** What a child needs of the metric's series. */
interface Siblings {
  textsOf(number: number): LabelTexts
  /** Looks a series up by its label values. */
  refTo(texts: LabelTexts): SeriesRef
  /** Whether the metric has counted in the series of a number. */
  counts(number: number): boolean
  /** Moves a child to a series that is open already. */
  join(child: Child, number: number, held: boolean): boolean
  /** The same series with a number that stays until it is released. */
  retain(series: SeriesRef): SeriesRef
  release(series: SeriesRef): void
  /** Records an opened series for the next child. */
  opened(series: SeriesRef, window: SlotWindow, at: number, child?: Child): void
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
  protected values: Float64Array = noWindow.values
  /** @internal */
  protected words: Int32Array = noWindow.words
  /** @internal */
  protected gate: Int32Array = noWindow.gate
  /** @internal */
  protected seen = noWindow.seen
  /** @internal */
  protected at = 0
  /** @internal */
  protected window: SlotWindow = noWindow
  private number = 0
  /** Of the child that moves, if the metric has not counted in the series. */
  private sought: SeriesRef = refOf([])
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
    return this.own ?? (this.number > 0 ? this.owner.children.textsOf(this.number) : this.sought.labelValues)
  }

  /** The series that it was asked for with. */
  private get series(): SeriesRef {
    if (this.own !== undefined) return this.owner.children.refTo(this.own)
    return this.number > 0 ? this.counted : this.sought
  }

  /** The series that the last count went to: another one beyond the metric's limit. */
  private get counted(): SeriesRef {
    const { number } = this
    return number > 0 ? { number, labelValues: this.owner.children.textsOf(number) } : refOf(this.texts)
  }

  /** @internal */
  get key(): SeriesKey {
    return seriesKey(this.texts)
  }

  /** @internal Of the series that the last count went to. */
  protected get countedKey(): SeriesKey {
    return seriesKey(this.counted.labelValues)
  }

  /** @internal Whether this process has counted in the series. */
  protected get isCounted(): boolean {
    return this.owner.children.counts(this.series.number)
  }

  /** @internal Moves the child to the series of this number, whose slots are here. */
  moveTo(number: number, window: SlotWindow, at: number): void {
    this.number = number
    this.at = at
    // Most series of a metric are in one.
    if (window !== this.window) this.enter(window)
  }

  /** @internal A child of a series without a count: the series needs no room before its first count. */
  seek(series: SeriesRef): void {
    this.number = 0
    this.sought = series
    this.enter(noWindow)
  }

  private enter(window: SlotWindow): void {
    this.window = window
    this.values = window.values
    this.words = window.words
    this.gate = window.gate
    this.seen = window.seen
  }

  /** @internal Finds the slots again: before the first write, and after the gate moved. */
  open(): void {
    const { children } = this.owner
    const asked = this.series
    const series = this.owner.admit(asked)
    // Not where another series takes what is counted here.
    const held = series !== undefined && series.labelValues === this.own
    if (series !== undefined && children.join(this, series.number, held)) return
    const store = this.owner.storeOf(series ?? asked)
    // The gate first: a removal while the series is opened makes the next write open it again.
    const { gate } = store
    const seen = Atomics.load(gate, 0)
    if (series === undefined) {
      const slots = children.nowhere()
      this.moveTo(0, windowOf(slots, gate, seen), this.countedAt(slots))
    } else this.openIn(store, children.retain(series), seen, held)
  }

  private openIn(store: Store, series: SeriesRef, seen: number, held: boolean): void {
    const { children } = this.owner
    try {
      const slots = store.open(this.family, series)
      const window = windowOf(slots, store.gate, seen)
      const at = this.countedAt(slots)
      children.opened(series, window, at, held ? this : undefined)
      // Opening may report a fault, and `onError` may count: then this child has moved on meanwhile, and comes back.
      this.moveTo(series.number, window, at)
    } finally {
      children.release(series)
    }
  }

  /** @internal Keeps an example of what was counted: at most one per bucket and tenth of a second, which costs little. */
  protected exemplify(bucket: number, value: number, given: ExemplarLabels): void {
    const now = monotonicNow()
    const last =
      this.own === undefined ? this.owner.children.exemplifiedIn(this.number) : (this.exemplified ??= new Map())
    const soon = now - (last.get(bucket) ?? Number.NEGATIVE_INFINITY) < exemplarInterval
    const { latestExemplars } = this.owner
    if (soon && latestExemplars === undefined) return
    let labels: LabelSet | undefined
    try {
      labels = present(this.family.name, given)
    } catch (fault) {
      // The count itself is right, and stays.
      this.owner.onError(fault as MetricsError)
    }
    // Of a request that was not traced there is nothing to show.
    if (labels === undefined) return
    if (!soon) last.set(bucket, now)
    const exemplar = { labels, value, timestamp: Date.now() / 1000 }
    const series = this.counted
    if (!fitsExemplar(labels)) this.owner.onError(tooLong(this.family.name))
    else {
      latestExemplars?.keep(series, bucket, soon ? exemplar : undefined)
      if (!soon) this.owner.storeOf(series).setExemplar(this.family, series, bucket, exemplar)
    }
  }

  /** The child with these labels besides those that this one was asked for with. */
  labels(more: Partial<LabelValues<string>>): this {
    return this.owner.childWith(this.texts, more) as this
  }

  /** @internal Forgets the slots: the next write begins a fresh series. */
  detach(): void {
    this.enter(noWindow)
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
