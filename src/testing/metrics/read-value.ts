import { MetricsError } from '../../model/errors.js'
import type { OptionNames } from '../../model/known-options.js'
import { type FoundFamily, type FoundSample, findFamily, type Readable } from './found-family.js'
import { listed } from './listed.js'
import { type ReadOptions, readOptions, registryIn } from './read-options.js'
import { type LabelsOf, noneHas, oneOf, samplesWith } from './series-search.js'

export interface ValueOptions extends ReadOptions {
  /** Returned if there is no such series; without it, `readValue()` rejects. */
  readonly missing?: number | undefined
}

const noLabels = {}

const valueOptions = { ...readOptions, missing: true } as const satisfies OptionNames<ValueOptions>

/**
 * Reads one value of the whole application.
 *
 * @param metric the metric; or the name of a sample, such as `job_seconds_count` of a histogram
 * @param labels labels that no other series has together; optional if there is only one series
 * @throws MetricsError `METRIC_NOT_FOUND`, `LABEL_UNKNOWN`; `SERIES_NOT_FOUND` and `SERIES_NOT_UNIQUE`, naming the
 * series that there are
 * @example
 * const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
 * jobs.inc({ queue: 'mail' })
 * assert.equal(await readValue(jobs, { queue: 'mail' }), 1)
 */
export async function readValue<M extends Readable>(
  metric: M,
  labels: LabelsOf<M> = noLabels as LabelsOf<M>,
  options: ValueOptions = {},
): Promise<number> {
  const registry = registryIn('readValue', options, valueOptions)
  const family = await findFamily(metric, registry)
  const samples = samplesNamed(family, typeof metric === 'string' ? metric : family.name)
  const found = oneOf(family, samplesWith(family, samples, labels), labels)
  const value = found?.value ?? options.missing
  if (value === undefined) throw noneHas(family, samples, labels)
  return value
}

/**
 * Counts the series of a metric in the whole application: a histogram with all its buckets is one.
 *
 * @param labels counts only series with these labels, whatever other labels they have
 * @throws MetricsError `METRIC_NOT_FOUND`, `LABEL_UNKNOWN`
 * @example
 * const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue'] })
 * assert.equal(await countSeries(jobs), 0)
 */
export async function countSeries<M extends Readable>(
  metric: M,
  labels: LabelsOf<M> = noLabels as LabelsOf<M>,
  options: ReadOptions = {},
): Promise<number> {
  const family = await findFamily(metric, registryIn('countSeries', options, readOptions))
  const ofType = { histogram: 'le', summary: 'quantile', stateset: family.name }[family.type]
  const series = samplesWith(family, family.samples, labels).map((sample) => {
    const seriesLabels = Object.entries(sample.labels).filter(([label]) => label !== ofType)
    return JSON.stringify(seriesLabels.map(([label, value]) => [label, String(value)]).sort())
  })
  return new Set(series).size
}

/** The samples of a family that have this name; those of a type with one sample also by the name of the family. */
function samplesNamed(family: FoundFamily, name: string): readonly FoundSample[] {
  const { name: familyName, type, samples } = family
  const named = samples.filter(({ metricName = familyName }) => metricName === name)
  if (named.length > 0) return named
  if (name === familyName && type === 'histogram') throw severalValues(family, ['_count', '_sum', '_bucket'])
  if (samples.length === 0) return []
  if (name === familyName && type === 'summary') throw severalValues(family, ['_count', '_sum'])
  // An info prints its one sample under a different name.
  if (name === familyName) return samples
  const names = new Set(samples.map(({ metricName = familyName }) => metricName))
  throw new MetricsError('METRIC_NOT_FOUND', `${familyName} prints no sample ${name}; it prints ${listed([...names])}`)
}

function severalValues({ name, type }: FoundFamily, endings: readonly string[]): MetricsError {
  const samples = endings.map((ending) => name + ending)
  const text = `${name} is a ${type}, of which each series has several values; read ${samples.join(', ')} by name`
  return new MetricsError('SERIES_NOT_UNIQUE', text)
}
