import { definitionKey, type FamilyDescriptor } from '../../model/descriptor.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { isPromiseLike } from '../../model/promise-like.js'
import { exactFilter, type SeriesKey, seriesKey } from '../../model/series-key.js'
import { refOfKey } from '../../model/series-ref.js'
import { held } from '../../platform/held.js'
import { withTimeout } from '../../platform/time-limit.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import type { Backend, BackendContext, RemovalScope, Source, Store } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'
import { type FoundSeries, foundIn } from './generated-samples.js'
import { bucketsOf, numbersOf, putNumbers } from './parts.js'
import { SentSeries } from './sent-series.js'
import { failed, notShared } from './value-faults.js'
import type { CalledValueClass, ValueBackendClass, ValueCollector } from './value-protocol.js'
import { metricOf, type SharedSeries, ValueStore } from './value-store.js'

/** Milliseconds between two flushes. */
const flushEvery = 1_000

/** Milliseconds for which a scrape waits for the engine. */
const answerWithin = 5_000

/**
 * Counts in a backend of pytheus' protocol: a class with `inc`, `dec`, `set` and `get`, one instance for each number.
 * Counting is local arithmetic here as well; what changed is given to the instances every second and at exit.
 *
 * @experimental
 */
export class ValueBackend implements Backend {
  readonly shared = true
  readonly name: string
  readonly #failing = new Set<string>()
  private context: BackendContext = { onError() {}, onRemoved() {} }
  private readonly store: ValueStore
  private readonly sent = new Map<string, SentSeries>()
  /** Every family that was ever counted here; other processes may have series of it that this process never had. */
  private readonly families = new Map<string, FamilyDescriptor>()
  /** The numbers of the engine, as scrapes show them. */
  private engineStore = new MemoryStore(1, 1, 'values')
  private ready: boolean
  private initializing: Promise<unknown> | undefined
  private timer: NodeJS.Timeout | undefined
  private last: Promise<void> = Promise.resolve()
  private reading: Promise<readonly MetricsError[]> | undefined
  private closing: Promise<void> | undefined
  private readonly atExit = (): void => this.leave()
  private readonly beforeExit = (): void => void this.flushNow()

  private readonly values: CalledValueClass

  constructor(
    values: ValueBackendClass,
    private readonly config: Readonly<Record<string, unknown>> = {},
  ) {
    if (typeof values !== 'function') {
      const text = `ValueBackend: the first argument must be a class of values, got ${describe(values)}`
      throw new MetricsError('BACKEND_INVALID', text)
    }
    this.values = values as unknown as CalledValueClass
    // A class without a name is still named in errors.
    this.name = values.name || 'the backend class'
    this.ready = typeof values.initialize !== 'function'
    this.store = new ValueStore({
      flush: () => this.flushNow(),
      removed: (family, keys, scope) => this.removed(family, keys, scope),
      declared: (family) => this.families.set(family.name, family),
      alone: (family) => this.context.onError(notShared(this.name, family)),
    })
  }

  /**
   * Initialises the class. Throws `BACKEND_CONFIG_INVALID` if that fails; if it returns a promise that rejects, the
   * next flush tries again.
   */
  begin(context: BackendContext): void {
    this.context = context
    if (!this.ready) this.initialize()
    this.timer ??= setInterval(() => void this.flushNow(), flushEvery).unref()
    process.once('beforeExit', this.beforeExit)
    process.on('exit', this.atExit)
    if (!this.ready) void this.inTurn('FLUSH_FAILED', async () => {})
  }

  private initialize(): void {
    let answer: unknown
    try {
      answer = this.values.initialize!(this.config)
    } catch (cause) {
      const text = `${this.name} could not be initialised with its configuration (${reasonOf(cause)})`
      throw new MetricsError('BACKEND_CONFIG_INVALID', text, { cause })
    }
    if (isPromiseLike(answer)) (this.initializing = Promise.resolve(answer)).catch(() => {})
    else this.ready = true
  }

  openStore(): Store {
    return this.store
  }

  openSource(): Source {
    /** Whether the numbers of other processes have been read before. */
    let known = false
    return {
      read: async () => {
        const errors = await this.readInTime()
        known ||= errors.length === 0
        if (errors.length > 0) this.showOwn()
        const writers = [this.engineStore, this.store.aside].flatMap((store) => store.snapshot().writers)
        const incomplete = known ? undefined : errors[0]
        return { writers: writers.filter(({ log }) => log.length > 0), errors, incomplete, summed: true }
      },
      close() {},
    }
  }

  /**
   * Updates the shown numbers, and returns the errors. Does not wait for an update that hangs, and does not start
   * another meanwhile.
   */
  private async readInTime(): Promise<readonly MetricsError[]> {
    this.reading ??= this.readInTurn().finally(() => {
      this.reading = undefined
    })
    try {
      return await withTimeout(this.reading, answerWithin)
    } catch (cause) {
      return [failed('READ_FAILED', this.name, cause)]
    }
  }

  private async readInTurn(): Promise<readonly MetricsError[]> {
    const errors: MetricsError[] = []
    await this.inTurn('READ_FAILED', () => this.send())
    await this.inTurn('READ_FAILED', () => this.show(), errors)
    return errors
  }

  /** Adds the series of this process that the engine has not returned yet, with the counts of this process. */
  private showOwn(): void {
    const shownIds = new Set(this.shownSeries().map(({ family, key }) => idOf(family, key)))
    for (const { family, key, slots } of this.store.sharedSeries()) {
      const numbers = shownIds.has(idOf(family, key)) ? undefined : numbersOf(family, slots)
      if (numbers !== undefined) putNumbers(family, this.engineStore.open(family, refOfKey(key)), numbers)
    }
  }

  /** Sends the counts since the last flush to the engine. Never rejects. */
  flush(): Promise<void> {
    return held(this.flushNow())
  }

  private flushNow(): Promise<void> {
    return this.inTurn('FLUSH_FAILED', () => this.send())
  }

  /** Sends the last counts, and subtracts the values of this process that must not outlive it. */
  close(): Promise<void> {
    if (this.closing !== undefined) return held(this.closing)
    clearInterval(this.timer)
    process.off('exit', this.atExit)
    process.off('beforeExit', this.beforeExit)
    this.closing = this.inTurn('FLUSH_FAILED', async () => {
      await this.send()
      for (const series of this.sent.values()) {
        if (series.family.type === 'gauge' && series.family.mode === 'livesum') await series.giveBack()
      }
    })
    return held(this.closing)
  }

  /** Sends without waiting at exit: a synchronous engine loses nothing. */
  private leave(): void {
    if (!this.ready) return
    for (const { family, key, slots } of this.store.sharedSeries()) {
      const numbers = numbersOf(family, slots)
      if (numbers !== undefined) this.series(family, key).sendAtOnce(numbers)
    }
  }

  private async send(): Promise<void> {
    for (const { family, key, slots } of [...this.store.sharedSeries()]) {
      const numbers = numbersOf(family, slots)
      if (numbers !== undefined) await this.series(family, key).send(numbers)
    }
  }

  private async show(): Promise<void> {
    const engineSeries = this.values.generateSamples === undefined ? await this.getAll() : await this.generated()
    const before = this.shownSeries()
    const now = new Set<string>()
    for (const { family, key, numbers } of engineSeries) {
      putNumbers(family, this.engineStore.open(family, refOfKey(key)), numbers)
      now.add(idOf(family, key))
    }
    for (const { family, key } of before) {
      if (!now.has(idOf(family, key))) this.engineStore.remove(family, exactFilter(family.labelNames, key))
    }
  }

  private getAll(): Promise<FoundSeries[]> {
    const series = [...this.store.sharedSeries()].filter(({ family, slots }) => numbersOf(family, slots) !== undefined)
    return Promise.all(
      series.map(async ({ family, key }) => {
        return { family, key, numbers: await this.series(family, key).get(bucketsOf(family)) }
      }),
    )
  }

  private async generated(): Promise<FoundSeries[]> {
    const series = this.seriesByName()
    const collectors = [...this.families.values()].map((family): ValueCollector => {
      const { name, help, type, labelNames } = family
      const familySeries = (series.get(name) ?? []).map(({ key }) => metricOf(family, key))
      return { name, help, type, labelNames, buckets: bucketsOf(family), series: familySeries }
    })
    const generated = await this.values.generateSamples!({ collect: () => collectors })
    return foundIn(generated, (name) => this.families.get(name))
  }

  private shownSeries(): readonly Pick<SharedSeries, 'family' | 'key'>[] {
    return [...this.engineStore.series()].map(({ family, series }) => ({ family, key: seriesKey(series.labelValues) }))
  }

  private seriesByName(): ReadonlyMap<string, readonly SharedSeries[]> {
    const byName = new Map<string, SharedSeries[]>()
    for (const series of this.store.sharedSeries()) {
      const known = byName.get(series.family.name)
      if (known === undefined) byName.set(series.family.name, [series])
      else known.push(series)
    }
    return byName
  }

  private removed(family: FamilyDescriptor, keys: readonly SeriesKey[], scope: RemovalScope): void {
    for (const key of keys) {
      const id = idOf(family, key)
      const series = this.sent.get(id)
      this.sent.delete(id)
      if (series === undefined) continue
      void this.inTurn('FLUSH_FAILED', () => (scope === 'application' ? series.remove() : series.giveBack()))
    }
  }

  private series(family: FamilyDescriptor, key: SeriesKey): SentSeries {
    const id = idOf(family, key)
    let series = this.sent.get(id)
    if (series === undefined) {
      this.families.set(family.name, family)
      const metric = metricOf(family, key)
      const make = (bucket: string | undefined) => new this.values(this.config, metric, bucket)
      this.sent.set(id, (series = new SentSeries(family, key, make)))
    }
    return series
  }

  /** Waits until `initialize` has succeeded; calls it again after a failure. */
  private async initialized(): Promise<void> {
    if (this.initializing === undefined) this.initialize()
    try {
      await this.initializing
      this.ready = true
    } finally {
      this.initializing = undefined
    }
  }

  /**
   * Runs one task after another, the first after the class is initialised. An error is reported, or added to `faults`.
   */
  private inTurn(
    code: 'FLUSH_FAILED' | 'READ_FAILED',
    work: () => Promise<void>,
    faults?: MetricsError[],
  ): Promise<void> {
    this.last = this.last.then(async () => {
      try {
        if (!this.ready) await this.initialized()
        await work()
        if (this.#failing.delete(code)) this.context.onRecovered?.(`${this.name} works again (${code} before)`)
      } catch (cause) {
        this.#failing.add(code)
        const error = failed(code, this.name, cause)
        if (faults === undefined) this.context.onError(error)
        else faults.push(error)
      }
    })
    return this.last
  }
}

function idOf(family: FamilyDescriptor, key: SeriesKey): string {
  return `${definitionKey(family)} ${key}`
}
