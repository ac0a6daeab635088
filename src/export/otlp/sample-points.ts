import { conform } from '../../exposition/openmetrics/conform.js'
import type { Sample, SampleFamily } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { otlpExemplar } from './exemplar.js'
import type { Attributes, OtlpExemplar, Point } from './point.js'

/**
 * Returns a family of a collector or a plug-in as families whose samples have the form of their type; if they do not,
 * each name is a family of unknown type.
 */
export function conforming(family: SampleFamily): readonly SampleFamily[] {
  return conform(family).map((each) => (each.type === 'unknown' ? each : { ...each, name: family.name }))
}

/** Returns the points of a family that `conforming()` returned. */
export function* samplePoints(family: SampleFamily, defaultLabels: LabelSet): Iterable<Point> {
  const typeLabel = { histogram: 'le', summary: 'quantile' }[family.type as string]
  // The samples of a series follow each other.
  let series: SeriesSamples | undefined
  for (const sample of family.samples) {
    const attributes = attributesOf(sample.labels, defaultLabels, typeLabel)
    const key = JSON.stringify(attributes)
    if (series?.key !== key) {
      if (series !== undefined) yield* pointOf(family, series)
      series = { key, attributes, samples: [] }
    }
    series.samples.push(sample)
  }
  if (series !== undefined) yield* pointOf(family, series)
}

interface SeriesSamples {
  readonly key: string
  readonly attributes: Attributes
  readonly samples: Sample[]
}

function attributesOf(labels: LabelSet, defaultLabels: LabelSet, typeLabel: string | undefined): Attributes {
  const all = { ...defaultLabels, ...labels }
  return Object.entries(all)
    .filter(([name, value]) => name !== typeLabel && value !== '')
    .map(([name, value]) => [name, String(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function* pointOf({ type, name }: SampleFamily, { key, attributes, samples }: SeriesSamples): Iterable<Point> {
  const created = samples.find((sample) => sample.name === `${name.replace(/_total$/, '')}_created`)
  const start = created !== undefined && Number.isFinite(created.value) ? created.value * 1000 : undefined
  const values = samples.filter((sample) => sample !== created)
  const exemplars = values.flatMap(({ exemplar }): readonly OtlpExemplar[] =>
    exemplar === undefined ? [] : [otlpExemplar(exemplar)],
  )
  const series = { key, attributes, start, exemplars }
  if (type !== 'histogram' && type !== 'summary') {
    for (const { value } of values) yield { ...series, value }
    return
  }
  const sum = values.find((sample) => sample.name === `${name}_sum`)?.value
  const count = values.find((sample) => sample.name === `${name}_count`)?.value
  const parts = values.filter(({ labels }) => (type === 'histogram' ? 'le' : 'quantile') in labels)
  if (type === 'summary') {
    // A summary without a count is not one for OpenTelemetry.
    if (count === undefined) return
    const quantiles = parts.map(({ labels, value }) => [Number(labels.quantile), value] as const)
    const known = quantiles.filter(([, value]) => !Number.isNaN(value)).sort(([a], [b]) => a - b)
    yield { key, attributes, start, sum: sum ?? 0, count: whole(count), quantiles: known }
    return
  }
  const buckets = parts.map(({ labels, value }) => [boundOf(labels.le), value] as const).sort(([a], [b]) => a - b)
  const total = buckets.at(-1)?.[0] === Number.POSITIVE_INFINITY ? buckets.pop()![1] : count
  if (total === undefined) return
  const cumulative = [...buckets.map(([, value]) => value), total]
  // A count below that of the bucket before is a fault of the plug-in.
  const counts = cumulative.map((value, i) => whole(value - (cumulative[i - 1] ?? 0)))
  yield { ...series, sum, bounds: buckets.map(([bound]) => bound), counts }
}

function boundOf(text = ''): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text)
}

/** Returns a count as OpenTelemetry has it: a whole number. */
function whole(count: number): number {
  return Number.isFinite(count) && count > 0 ? Math.round(count) : 0
}
