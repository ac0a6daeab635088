import type { Formatters } from '../../exposition/formatters.js'
import { openMetrics } from '../../exposition/openmetrics/openmetrics.js'
import { text } from '../../exposition/text/text.js'
import { type Family, isTable, nameOf, ownKey } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import type { Gathered, Gatherer } from '../gatherer.js'
import { labelCosts } from './label-costs.js'
import { MeasuredFamily, ofOneWorker, Spread, shownRows } from './measured-family.js'
import type { DeploymentCosts, FamilyCosts, FormatCosts, SeriesCosts } from './series-costs.js'
import { endingSize, type MeasuredFormats } from './written-size.js'

/**
 * The series that Prometheus adds for each target.
 *
 * Source: https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series
 */
const targetSeries = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_post_metric_relabeling',
  'scrape_samples_scraped',
  'scrape_series_added',
] as const

/** What a merged scrape shows of a family. */
interface MergedFacts extends Pick<FamilyCosts, 'name' | 'type' | 'labelSets' | 'labels'> {
  readonly isSplit: boolean
  readonly merged: MeasuredFamily
  readonly target: MeasuredFamily
}

/** What a scrape per worker shows of a family. */
interface WorkerFacts {
  readonly measured: MeasuredFamily
  readonly spread: Spread | undefined
}

/**
 * Measures what the families of a gatherer cost, by writing them: merged, per worker, and per target.
 *
 * @param formatters makes formatters that show these default labels
 * @param requestedWorkers the number of workers; by default those that run
 */
export async function explained(
  gatherer: Gatherer,
  formatters: (defaultLabels: LabelSet) => Formatters,
  requestedWorkers?: number,
): Promise<SeriesCosts> {
  const merged = await reading(
    gatherer,
    false,
    async (gathered, formats) => {
      const facts = new Map<string, MergedFacts>()
      for (const family of gathered.families) facts.set(nameOf(family), await mergedFacts(family, formats, gathered))
      return { facts, running: gathered.workers, ending: await endingSize(formats, gathered.pause) }
    },
    formatters,
  )
  const split = await reading(
    gatherer,
    true,
    async (gathered, formats) => {
      const facts = new Map<string, WorkerFacts>()
      for (const family of gathered.families) {
        const measured = await MeasuredFamily.of(family, formats, gathered.pause)
        facts.set(nameOf(family), {
          measured,
          spread: isTable(family) ? await Spread.of(family, gathered.pause) : undefined,
        })
      }
      return facts
    },
    formatters,
  )
  const { facts, running, ending } = merged
  const present = new Set([...split.values()].flatMap(({ spread }) => [...(spread?.workers ?? [])])).size
  // Of an application that has ended, the seats are left.
  const workers = requestedWorkers ?? (running || present || 1)
  const families = [...facts.values()].map((family) => costsOf(family, split.get(family.name), workers, present))
  families.sort((a, b) => b.perTarget.text.series - a.perTarget.text.series || (a.name < b.name ? -1 : 1))
  const deployment = (which: 'merged' | 'perWorker' | 'perTarget', targets: number): DeploymentCosts => ({
    ...[...families.map((family) => family[which]), times(ending, targets)].reduce(plus),
    targets,
    targetSeries: targetSeries.length * targets,
  })
  return {
    workers,
    running,
    merged: deployment('merged', 1),
    perWorker: deployment('perWorker', 1),
    perTarget: deployment('perTarget', workers),
    families,
  }
}

async function reading<T>(
  gatherer: Gatherer,
  perWorker: boolean,
  read: (gathered: Gathered, formats: MeasuredFormats) => Promise<T>,
  formatters: (defaultLabels: LabelSet) => Formatters,
): Promise<T> {
  const gathered = await gatherer.gather({ perWorker, exemplars: true })
  try {
    const all = formatters(gathered.defaultLabels)
    return await read(gathered, { text: all.of(text.contentType)!, openMetrics: all.of(openMetrics.contentType)! })
  } finally {
    gathered.release()
  }
}

async function mergedFacts(family: Family, formats: MeasuredFormats, { pause }: Gathered): Promise<MergedFacts> {
  const merged = await MeasuredFamily.of(family, formats, pause)
  const { series } = merged.with(merged.rows).text
  const name = nameOf(family)
  if (!isTable(family)) {
    const labels = await labelCosts(family, [], [], series, pause)
    return { name, type: family.type, labelSets: series, labels, isSplit: false, merged, target: merged }
  }
  const isSplit = family.layout.perWriter
  const one = isSplit ? ofOneWorker(family) : family
  const target = isSplit ? await MeasuredFamily.of(one, formats, pause) : merged
  const keys = shownRows(family).map((row) => family.keys[row]!)
  const labels = await labelCosts(family, family.labelNames, keys, series, pause)
  const labelSets = isSplit ? new Set(shownRows(family).map((row) => ownKey(family, row))).size : keys.length
  return { name, type: family.family.type, labelSets, labels, isSplit, merged, target }
}

function costsOf(family: MergedFacts, split: WorkerFacts | undefined, workers: number, present: number): FamilyCosts {
  const { name, type, labelSets, labels, isSplit, merged, target } = family
  const spread = split?.spread
  const about = { name, type, labelSets, labels }
  if (split === undefined || spread === undefined) {
    // Of a collector or of promhive itself: each process that is scraped shows it.
    const each = merged.with(merged.rows)
    const perWorker = split?.measured ?? merged
    return { ...about, merged: each, perWorker: perWorker.with(perWorker.rows), perTarget: times(each, workers) }
  }
  const owned = spread.seriesOf(workers, present)
  const all = owned + spread.unowned
  // Each target has its own heading, and shows what belongs to no worker.
  const perTarget = plus(target.with(owned + spread.unowned * workers), times(target.with(0), workers - 1))
  return { ...about, merged: merged.with(isSplit ? all : merged.rows), perWorker: split.measured.with(all), perTarget }
}

function plus(a: FormatCosts, b: FormatCosts): FormatCosts {
  const sum = (format: keyof FormatCosts) => ({
    series: a[format].series + b[format].series,
    bytes: a[format].bytes + b[format].bytes,
  })
  return { text: sum('text'), openMetrics: sum('openMetrics') }
}

function times(cost: FormatCosts, factor: number): FormatCosts {
  const product = ({ series, bytes }: FormatCosts['text']) => ({ series: series * factor, bytes: bytes * factor })
  return { text: product(cost.text), openMetrics: product(cost.openMetrics) }
}
