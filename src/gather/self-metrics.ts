import type { MetricsError } from '../model/errors.js'
import type { FamilyTable, Sample, SampleFamily } from '../model/family.js'
import type { MetricType } from '../model/metric-type.js'
import type { WriterSnapshot } from '../store/contract.js'

/** The facts about one scrape. */
export interface ScrapeFacts {
  readonly writers: readonly WriterSnapshot[]
  readonly tables: readonly FamilyTable[]
  /** The errors of what could not be read. */
  readonly faults: readonly MetricsError[]
  /** Whether the engine that stores the numbers answered; undefined for a backend without an engine. */
  readonly reachable: boolean | undefined
  /** Set if nothing could be read now, and everything is as it was last read. */
  readonly unread?: MetricsError | undefined
  /** Families about the backend itself. */
  readonly ofBackend?: readonly SampleFamily[] | undefined
  /** Seconds for reading and merging. */
  readonly seconds: number
}

/**
 * Returns promhive's own state as families. They are the same in every process, because they are read from the store;
 * only the duration is that of the process that answers.
 */
export function selfFamilies({
  writers,
  tables,
  faults,
  reachable,
  seconds,
  ofBackend = [],
}: ScrapeFacts): readonly SampleFamily[] {
  const seats = new Set(writers.filter(isOfSeat).map(({ seat }) => seat)).size
  const live = liveWorkers(writers)
  const series = tables.reduce((sum, table) => sum + table.order.length, 0)
  return [
    family(
      'gauge',
      'promhive_writers',
      'Processes and threads that count here, living and dead.',
      [
        ['live', live],
        ['dead', seats - live],
      ].map(([state, value]) => sample('promhive_writers', value as number, { state: state as string })),
    ),
    single('gauge', 'promhive_series', 'Series of all writers together, as a scrape shows them.', series),
    single('gauge', 'promhive_store_bytes', 'Size of the files that hold the values.', total(writers, 'bytes')),
    single(
      'counter',
      'promhive_dropped_series_total',
      'Series for which the store has no space.',
      total(writers, 'dropped'),
    ),
    unreadable(faults),
    ...(reachable === undefined ? [] : [single('gauge', 'promhive_backend_up', upHelp, Number(reachable))]),
    ...ofBackend,
    single('gauge', 'promhive_scrape_duration_seconds', 'Time to read and merge all writers.', seconds),
  ]
}

/** Returns the number of seats whose owner is alive. */
export function liveWorkers(writers: readonly WriterSnapshot[]): number {
  // A seat may appear twice, because series without space in its file are kept separately. Seat 0 belongs to no
  // process.
  const seats = new Map(writers.filter(isOfSeat).map(({ seat, live }) => [seat, live]))
  return [...seats.values()].filter(Boolean).length
}

function isOfSeat({ seat, guest }: WriterSnapshot): boolean {
  return seat > 0 && guest !== true
}

const upHelp =
  'Whether the engine that keeps the numbers answered this scrape; without it, the others are as last seen.'

function unreadable(faults: readonly MetricsError[]): SampleFamily {
  const name = 'promhive_unreadable_files'
  const reasons = new Map<string, number>()
  for (const { code, reason = 'unknown' } of faults) {
    if (code === 'FILE_UNREADABLE') reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const samples = [...reasons].sort().map(([reason, count]) => sample(name, count, { reason }))
  return family('gauge', name, 'Files of writers that could not be read; their last good values serve.', samples)
}

function total(writers: readonly WriterSnapshot[], what: 'bytes' | 'dropped'): number {
  return writers.reduce((sum, writer) => sum + writer[what], 0)
}

function single(type: MetricType, name: string, help: string, value: number): SampleFamily {
  return family(type, name, help, [sample(name, value)])
}

function family(type: MetricType, name: string, help: string, samples: readonly Sample[]): SampleFamily {
  return { type, name, help, samples }
}

function sample(name: string, value: number, labels: Readonly<Record<string, string>> = {}): Sample {
  return { name, value, labels }
}
