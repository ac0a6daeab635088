import type { FamilyDescriptor } from '../../model/descriptor.js'
import { type Family, isTable, type Sample } from '../../model/family.js'
import type { Pause } from '../../model/pause.js'
import { labelValuesOf, type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { LabelCost } from './series-costs.js'

/**
 * Returns the labels of a family, the one that multiplies most first.
 *
 * @param keys the label values of each shown series; unused for the samples of a collector
 * @param series the number of series that they are in a merged scrape
 */
export async function labelCosts(
  family: Family,
  labelNames: readonly string[],
  keys: readonly SeriesKey[],
  series: number,
  pause: Pause,
): Promise<readonly LabelCost[]> {
  const costs = isTable(family)
    ? [...(await costsOf(labelNames, keys, series, pause)), ...typeLabels(family.family, keys.length)]
    : await costsOfSamples(family.samples, pause)
  return costs.sort((a, b) => b.saves - a.saves || b.values - a.values || (a.name < b.name ? -1 : 1))
}

async function costsOf(
  labelNames: readonly string[],
  keys: readonly SeriesKey[],
  series: number,
  pause: Pause,
): Promise<LabelCost[]> {
  const values = labelNames.map(() => new Set<string | null>())
  const others = labelNames.map(() => new Set<SeriesKey>())
  for (const [i, key] of keys.entries()) {
    const all = labelValuesOf(key)
    for (const at of labelNames.keys()) {
      values[at]!.add(all[at] ?? null)
      others[at]!.add(labelNames.length === 1 ? '' : seriesKey(all.toSpliced(at, 1)))
    }
    if ((i & 63) === 63 && pause.due()) await pause.rest()
  }
  return labelNames.map((name, at) => {
    const saves = keys.length === 0 ? 0 : Math.round(series * (1 - others[at]!.size / keys.length))
    return { name, values: values[at]!.size, saves }
  })
}

/** The label that the type itself writes. Without it, a histogram has its sum and its count. */
function typeLabels(family: FamilyDescriptor, count: number): LabelCost[] {
  if (family.type === 'histogram') {
    const values = family.bounds.length + 1
    return [{ name: 'le', values, saves: count * values }]
  }
  if (family.type === 'summary' && family.quantiles.length > 0) {
    const values = family.quantiles.length
    return [{ name: 'quantile', values, saves: count * values }]
  }
  if (family.type === 'stateset') {
    const values = family.states.length
    return [{ name: family.name, values, saves: count * (values - 1) }]
  }
  return []
}

async function costsOfSamples(samples: readonly Sample[], pause: Pause): Promise<LabelCost[]> {
  const names = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))].sort()
  const keys = samples.map(({ name, labels }) => seriesKey([name, ...names.map((label) => labels[label] ?? null)]))
  const [, ...costs] = await costsOf(['', ...names], keys, samples.length, pause)
  return costs
}
