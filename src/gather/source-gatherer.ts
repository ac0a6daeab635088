import type { MetricValues } from '../metric/metric-values.js'
import { definitionKey, type FamilyDescriptor, hiddenRegistryName } from '../model/descriptor.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import { emptyTable, type FamilyTable, familiesNamed } from '../model/family.js'
import type { WorkerLabel } from '../model/label-set.js'
import { layoutOf } from '../model/layout/layout-of.js'
import { Slices } from '../platform/slices.js'
import { monotonicNow } from '../platform/timers.js'
import type { Source, SourceReading } from '../store/contract.js'
import type { Gathered, Gatherer, GatherRequest } from './gatherer.js'
import { Merger } from './merge.js'
import { valuesOf } from './prom-client-values.js'
import { liveWorkers, type ScrapeFacts } from './self-metrics.js'
import { type Turn, Turns } from './turns.js'

/** The families of all registries in a source, at one moment. */
export interface SourceGathered extends Gathered, ScrapeFacts {
  readonly writers: ScrapeFacts['writers']
  /** Families that no scrape shows. */
  readonly hidden: readonly FamilyTable[]
}

export interface SourceGathererOptions {
  /** Milliseconds until a gathering must be released. */
  readonly longest?: number
  /** Makes the next gathering read a new source, because the previous one may still be in use. */
  readonly reopen?: () => void
  /** Whether gatherings show every series with the number of its worker, unless they request otherwise. */
  readonly perWorker?: () => boolean
}

/** A gathering of the families of some registries. */
export interface SourceRequest extends GatherRequest {
  /** The names of the registries whose families are returned, besides those that no scrape shows. By default all. */
  readonly registries?: ReadonlySet<string> | undefined
}

/** Reads every writer of a source and merges them, one gathering at a time. */
export class SourceGatherer implements Gatherer {
  private readonly turns: Turns
  /** One for merged series, and one for series of each worker. */
  private readonly mergers = new Map<boolean, Merger>()
  private readonly ofWorkers: () => boolean
  private lastSource: Source | undefined
  private saidSummed = false

  /**
   * @param source returns the source to read; called at each gathering
   * @param onError receives each fault
   */
  constructor(
    private readonly source: () => Source,
    private readonly onError: (error: MetricsError) => void = () => {},
    private readonly workerLabel: () => WorkerLabel = () => 'worker',
    { longest = 30_000, reopen, perWorker = () => false }: SourceGathererOptions = {},
  ) {
    this.ofWorkers = perWorker
    // A gathering that hangs is dropped together with the state that it may still use.
    this.turns = new Turns(longest, () => {
      this.mergers.clear()
      reopen?.()
    })
  }

  /** Whether gatherings show every series with the number of its worker. */
  get perWorker(): boolean {
    return this.ofWorkers()
  }

  async gather(request: SourceRequest = {}): Promise<SourceGathered> {
    const turn = await this.turns.take(request)
    try {
      return await turn.within(this.read(turn, request))
    } catch (cause) {
      turn.end()
      if (!turn.expired) throw cause
      const text = `a scrape timed out: the numbers were not read (${reasonOf(cause)})`
      throw this.refused(new MetricsError('READ_FAILED', text, { cause }))
    }
  }

  /** Returns the merged values of one family. */
  async valuesOf(family: FamilyDescriptor): Promise<MetricValues> {
    const key = definitionKey(family)
    const gathered = await this.gather({ perWorker: false, registries: new Set([family.registry]) })
    try {
      const table = gathered.tables.find((candidate) => definitionKey(candidate.family) === key)
      return valuesOf(table ?? emptyTable(family, layoutOf(family)))
    } finally {
      gathered.release()
    }
  }

  private async read(turn: Turn, request: SourceRequest): Promise<SourceGathered> {
    const { names, exemplars, registries } = request
    const pause = new Slices()
    const source = this.source()
    if (source !== this.lastSource) {
      this.mergers.clear()
      // Opening a source may take long.
      await pause.rest()
    }
    this.lastSource = source
    const began = monotonicNow()
    const reading = await source.read(pause)
    const merger = this.mergerFor(request.perWorker ?? this.perWorker, reading)
    const { tables, hidden, errors } = await merger.merge(reading.writers, pause, Date.now(), withHidden(registries))
    turn.check()
    const faults = [...reading.errors, ...errors]
    for (const fault of faults) this.onError(fault)
    if (reading.incomplete !== undefined) throw this.refused(reading.incomplete)
    const seconds = (monotonicNow() - began) / 1000
    if (exemplars) merger.placeExemplars(reading.writers)
    const { writers, reachable, unread, selfFamilies: ofBackend } = reading
    const families = familiesNamed(tables, names)
    const facts = { writers, tables, hidden, faults, reachable, unread, ofBackend, seconds }
    const workers = liveWorkers(writers)
    return { ...facts, families, workers, defaultLabels: {}, pause, release: () => turn.end() }
  }

  private mergerFor(requested: boolean, { summed = false }: SourceReading): Merger {
    const perWorker = requested && !summed
    if (requested && summed && !this.saidSummed) {
      this.saidSummed = true
      const text = 'perWorker has no effect: the backend keeps the counts of several processes as one sum'
      this.onError(new MetricsError('OPTION_INVALID', text))
    }
    let merger = this.mergers.get(perWorker)
    if (merger === undefined) this.mergers.set(perWorker, (merger = new Merger(this.workerLabel(), perWorker)))
    return merger
  }

  /** Without the families of a process that could not be read, the answer would look as if they had been removed. */
  private refused(cause: MetricsError): MetricsError {
    const refused = new MetricsError('SCRAPE_INCOMPLETE', cause.message, {
      cause,
      ...(cause.reason && { reason: cause.reason }),
    })
    this.onError(refused)
    return refused
  }
}

/** Processes keep families for each other in a registry of its own, which every gathering returns. */
function withHidden(registries: ReadonlySet<string> | undefined): ReadonlySet<string> | undefined {
  return registries && new Set([...registries, hiddenRegistryName])
}
