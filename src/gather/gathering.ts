import type { MetricValues } from '../metric/metric-values.js'
import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { emptyTable, type Family, type FamilyTable } from '../model/family.js'
import type { WorkerLabel } from '../model/label-set.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { Slices } from '../platform/slices.js'
import { withTimeout } from '../platform/time-limit.js'
import { monotonicNow } from '../platform/timers.js'
import type { Pause, Source } from '../store/contract.js'
import { messageOf } from './collect-hook.js'
import { Merger } from './merge.js'
import { valuesOf } from './prom-client-values.js'
import type { ScrapeFacts } from './self-metrics.js'

export interface Gathered extends ScrapeFacts {
  readonly pause: Pause
  /** Families that no scrape shows. */
  readonly hidden: readonly FamilyTable[]
  /** Reads the exemplars as well, for a format that shows them. */
  placeExemplars(): void
}

/** What turns families into bytes. */
export interface Formatter {
  readonly contentType: string
  /** Whether the format shows exemplars. */
  readonly exemplars: boolean
  format(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]>
  /** The same without what begins and ends an exposition. */
  formatPart(families: readonly Family[], pause: Pause): Promise<readonly Uint8Array[]>
}

/** The formats that there are; the front door brings them. */
export interface Formatters {
  /** The formatter of a content type; nothing for one that nobody writes. */
  of(contentType: string): Formatter | undefined
  /** The content type to answer an Accept header with; the preferred one where the header is no help. */
  negotiate(accept: string | undefined, preferred: string): string
}

export interface GatheringLimits {
  /** Milliseconds after which a scrape times out. */
  readonly longest?: number
  /** Has the next scrape read from a new source: the one before may still be at work. */
  readonly reopen?: () => void
}

interface Turn {
  settled: boolean
  /** Whether it timed out. */
  left: boolean
}

/**
 * Reads every writer and merges them, one scrape at a time: who asks meanwhile waits, so that the merged numbers stand
 * still while they are printed.
 */
export class Gathering {
  private merger: Merger | undefined
  private last: Promise<unknown> = Promise.resolve()
  private lastSource: Source | undefined

  /** @param source what to read, at the moment of each scrape */
  constructor(
    private readonly source: () => Source,
    private readonly onError: (error: MetricsError) => void = () => {},
    private readonly workerLabel: () => WorkerLabel = () => 'worker',
    private readonly limits: GatheringLimits = {},
  ) {}

  /**
   * Prepares, gathers, and keeps the result still until `use` is done with it. Application code runs in `prepare`, outside
   * of the queue: it may ask for the values of other metrics.
   */
  async run<P, T>(prepare: () => Promise<P> | P, use: (gathered: Gathered, prepared: P) => Promise<T>): Promise<T> {
    const prepared = await prepare()
    return this.alone((gathered) => use(gathered, prepared))
  }

  /** The merged values of one family. */
  valuesOf(family: FamilyDescriptor): Promise<MetricValues> {
    const key = definitionKey(family)
    return this.alone(async ({ tables }) => {
      const table = tables.find((candidate) => definitionKey(candidate.family) === key)
      return valuesOf(table ?? emptyTable(family, layoutOf(family)))
    })
  }

  private alone<T>(use: (gathered: Gathered) => Promise<T>): Promise<T> {
    const next = this.last.then(() => this.inTime(use))
    this.last = next.catch(() => {})
    return next
  }

  /** Runs one scrape. One that hangs is abandoned together with the state that it may still use. */
  private async inTime<T>(use: (gathered: Gathered) => Promise<T>): Promise<T> {
    const { longest = 30_000, reopen } = this.limits
    const turn: Turn = { settled: false, left: false }
    const gathered = this.gather(use, turn).finally(() => {
      turn.settled = true
    })
    try {
      return await withTimeout(gathered, longest)
    } catch (cause) {
      if (turn.settled) throw cause
      turn.left = true
      this.merger = undefined
      reopen?.()
      const text = `a scrape timed out: the numbers were not read (${messageOf(cause)})`
      throw this.refused(new MetricsError('READ_FAILED', text, { cause }))
    }
  }

  private async gather<T>(use: (gathered: Gathered) => Promise<T>, turn: Turn): Promise<T> {
    const pause = new Slices()
    const source = this.source()
    if (source !== this.lastSource) {
      this.merger = undefined
      // Opening a source takes a while, once.
      await pause.rest()
    }
    this.lastSource = source
    const merger = (this.merger ??= new Merger(this.workerLabel()))
    const began = monotonicNow()
    const reading = await source.read(pause)
    const merged = await merger.merge(reading.writers, pause)
    // Another scrape has taken its turn.
    if (turn.left) throw new Error('too late')
    const errors = [...reading.errors, ...merged.errors]
    for (const error of errors) this.onError(error)
    if (reading.incomplete !== undefined) throw this.refused(reading.incomplete)
    const seconds = (monotonicNow() - began) / 1000
    const placeExemplars = (): void => merger.placeExemplars(reading.writers)
    const { writers, reachable, selfFamilies: ofBackend } = reading
    const { tables, hidden } = merged
    return use({ writers, tables, hidden, errors, reachable, ofBackend, seconds, pause, placeExemplars })
  }

  /** An answer without the families of a process that could not be read would look like one in which they are gone. */
  private refused(cause: MetricsError): MetricsError {
    const refused = new MetricsError('SCRAPE_INCOMPLETE', cause.message, {
      cause,
      ...(cause.reason && { reason: cause.reason }),
    })
    this.onError(refused)
    return refused
  }
}
