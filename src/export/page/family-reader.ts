import { type Family, type FamilyTable, isTable, nameOf, type SampleFamily } from '../../model/family.js'
import { rulesOf } from '../../model/layout/metric-types.js'
import type { Pause } from '../../model/pause.js'
import { labelValuesOf } from '../../model/series-key.js'
import { monotonicNow } from '../../platform/timers.js'
import type { CountedLabel, PageFamily } from './page-family.js'

/** Labels that contain the status of a response. */
const statusLabels = ['status', 'status_code', 'code', 'http_status', 'http_response_status_code']

/** The series of a family whose label values are counted; the count of a family with more is a lower bound. */
const countedSeries = 20_000

/** Milliseconds after which the label values of a family that gained or lost series are counted again. */
const countEvery = 10_000

/** The values of one label that an answer may contain. */
const mostValues = 60

/** Series that are read before the clock is checked again. */
const stride = 256

interface CountedLabels {
  readonly order: Int32Array
  readonly at: number
  readonly labels: readonly CountedLabel[]
}

/** Sums up families for the page, in slices. Label values are counted again only when series were added or removed. */
export class FamilyReader {
  private readonly counted = new WeakMap<FamilyTable, CountedLabels>()

  /** @param detailed whether the series are read; otherwise only their number is returned */
  async read(family: Family, detailed: boolean, pause: Pause): Promise<PageFamily> {
    if (!isTable(family)) return ofSamples(family, detailed)
    const { name, type, help } = family.family
    const head = { name, type, help, series: family.order.length }
    if (!detailed) return { ...head, labels: [] }
    return { ...head, ...(await sums(family, pause)), labels: await this.labelsOf(family, pause) }
  }

  private async labelsOf(table: FamilyTable, pause: Pause): Promise<readonly CountedLabel[]> {
    const before = this.counted.get(table)
    const now = monotonicNow()
    if (before !== undefined && (before.order === table.order || now - before.at < countEvery)) return before.labels
    const { labelNames, keys, order } = table
    const values = labelNames.map(() => new Set<string | null>())
    for (let i = 0; i < order.length && i < countedSeries; i++) {
      const all = labelValuesOf(keys[order[i]!]!)
      for (let at = 0; at < values.length; at++) values[at]!.add(all[at] ?? null)
      if (i % stride === 0 && pause.due()) await pause.rest()
    }
    const labels = byValues(labelNames.map((name, at) => ({ name, values: values[at]!.size })))
    this.counted.set(table, { order, at: now, labels })
    return labels
  }
}

/** The slots that reading a family costs. */
export function costOf(family: Family): number {
  return isTable(family) ? family.order.length * Math.max(1, family.layout.mergedWidth) : family.samples.length
}

async function sums(table: FamilyTable, pause: Pause): Promise<Partial<PageFamily>> {
  const { family, order, bases, slots, layout, labelNames, keys } = table
  if (family.type === 'stateset') return { values: statesOf(table) }
  const rules = rulesOf(family)
  const bounds = family.type === 'histogram' ? family.bounds : undefined
  const buckets = bounds && new Array<number>(bounds.length + 1).fill(0)
  const statusAt = labelNames.findIndex((name) => statusLabels.includes(name))
  const single = labelNames.length === 1 && order.length <= mostValues && buckets === undefined
  const [statuses, values] = [new Map<string, number>(), new Map<string, number>()]
  let total = 0
  let observed: number | undefined
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    const base = bases[row]!
    const series = rules?.total?.(slots, base, layout)
    const value = series?.total ?? 0
    total += value
    if (series?.observed !== undefined) observed = (observed ?? 0) + series.observed
    if (buckets !== undefined) for (let b = 0; b < buckets.length; b++) buckets[b]! += slots[base + 1 + b]!
    if (statusAt >= 0) add(statuses, labelValuesOf(keys[row]!)[statusAt], value)
    if (single) add(values, labelValuesOf(keys[row]!)[0], value)
    if (i % stride === 0 && pause.due()) await pause.rest()
  }
  return {
    total,
    ...(observed !== undefined && { observed }),
    ...(buckets !== undefined && { bounds: bounds!, buckets }),
    ...(statusAt >= 0 && { statuses: Object.fromEntries(statuses) }),
    ...(single && { values: Object.fromEntries(values) }),
  }
}

/** Adds up the workers in each state. */
function statesOf({ family, order, bases, slots }: FamilyTable): Readonly<Record<string, number>> {
  const states: readonly string[] = family.type === 'stateset' ? family.states : []
  const sum = states.map(() => 0)
  for (const row of order) for (let i = 0; i < sum.length; i++) sum[i]! += slots[bases[row]! + 1 + i]!
  return Object.fromEntries(states.map((state, i) => [state, sum[i]!]))
}

function ofSamples(family: SampleFamily, detailed: boolean): PageFamily {
  const { help, type, samples } = family
  const name = nameOf(family)
  const head = { name, type, help, series: samples.length }
  if (!detailed) return { ...head, labels: [] }
  const names = new Map<string, Set<string>>()
  const values = new Map<string, number>()
  let total = 0
  let observed: number | undefined
  for (const { name: sampleName, labels, value } of samples) {
    const entries = Object.entries(labels)
    for (const [label, text] of entries) {
      if (!names.has(label)) names.set(label, new Set())
      names.get(label)!.add(String(text))
    }
    if (sampleName === `${name}_sum`) observed = (observed ?? 0) + value
    else if (isTotal(sampleName, name, type)) {
      total += value
      if (entries.length === 1) add(values, String(entries[0]![1]), value)
    }
  }
  return {
    ...head,
    total,
    ...(observed !== undefined && { observed }),
    ...(names.size === 1 && values.size > 0 && { values: Object.fromEntries(values) }),
    labels: byValues([...names].map(([label, texts]) => ({ name: label, values: texts.size }))),
  }
}

/** Whether a sample is the value of its series, or the number of its observations. */
function isTotal(sample: string, name: string, type: string): boolean {
  if (type === 'histogram' || type === 'summary') return sample === `${name}_count`
  return sample === name || sample === `${name}_total`
}

function add(into: Map<string, number>, key: string | null | undefined, value: number): void {
  const text = key ?? ''
  if (into.has(text) || into.size < mostValues) into.set(text, (into.get(text) ?? 0) + value)
}

function byValues(labels: readonly CountedLabel[]): readonly CountedLabel[] {
  return [...labels].sort((a, b) => b.values - a.values || (a.name < b.name ? -1 : 1))
}
