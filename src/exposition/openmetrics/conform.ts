import type { Sample, SampleFamily } from '../../model/family.js'
import { withoutSuffix } from '../text/family-name.js'
import { formatGoNumber } from '../text/number.js'

/** Returns a sample with the name and the bound that the type requires; undefined if it is not a sample of that type. */
type Rule = (sample: Sample, family: string, formatBound: (bound: number) => string) => Sample | undefined

const rules: Readonly<Record<string, Rule>> = {
  counter(sample, family) {
    const base = withoutSuffix(family, '_total')
    if (sample.name === base || sample.name === `${base}_total`) return counting(sample, `${base}_total`)
    return sample.name === `${base}_created` ? sample : undefined
  },
  gauge: named,
  unknown: named,
  histogram(sample, family, formatBound) {
    if (sample.name === `${family}_bucket`) return counting(bounded(sample, 'le', formatBound))
    return ofTotals(sample, family)
  },
  summary(sample, family, formatBound) {
    return sample.name === family ? bounded(sample, 'quantile', formatBound) : ofTotals(sample, family)
  },
  info(sample, family) {
    const base = withoutSuffix(family, '_info')
    if (sample.value !== 1 || withoutSuffix(sample.name, '_info') !== base) return undefined
    return { ...sample, name: `${base}_info` }
  },
  stateset(sample, family) {
    return family in sample.labels && (sample.value === 0 || sample.value === 1) ? named(sample, family) : undefined
  },
}

/**
 * Returns a family of a plug-in or a collector in a valid form for OpenMetrics. If it does not conform to its type, it
 * is shown as a family of type unknown for each sample name, because one invalid metric must not make the scrape fail.
 *
 * @param formatBound spells `le` and `quantile`
 */
export function conform(family: SampleFamily, formatBound = formatGoNumber): readonly SampleFamily[] {
  const rule = Object.hasOwn(rules, family.type) ? rules[family.type] : undefined
  const samples: Sample[] = []
  for (const sample of family.samples) {
    const fitting = rule?.(sample, family.name, formatBound)
    if (fitting === undefined) return asUnknown(family)
    samples.push(fitting)
  }
  if (rule === undefined) return asUnknown(family)
  return [{ ...family, samples: together(belowZero(family, samples), family) }]
}

function named(sample: Sample, family: string): Sample | undefined {
  return sample.name === family ? sample : undefined
}

function ofTotals(sample: Sample, family: string): Sample | undefined {
  if (sample.name === `${family}_created`) return sample
  return sample.name === `${family}_sum` || sample.name === `${family}_count` ? counting(sample) : undefined
}

/** Checks that a counting sample has a value of 0 or more. */
function counting(sample: Sample | undefined, name = sample?.name): Sample | undefined {
  return sample !== undefined && sample.value >= 0 ? { ...sample, name: name! } : undefined
}

/** Spells the bound in one way: other clients write 1 as `1`, Go as `1.0`. */
function bounded(sample: Sample, label: 'le' | 'quantile', formatBound: (bound: number) => string): Sample | undefined {
  const bound = boundOf(sample, label)
  return Number.isNaN(bound) ? undefined : { ...sample, labels: { ...sample.labels, [label]: formatBound(bound) } }
}

function boundOf({ labels }: Sample, label: string): number {
  const text = labels[label] ?? 'NaN'
  return text === '' ? Number.NaN : Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'))
}

/** Whether a histogram has a bound below 0: then it has neither sum nor count, because the sum may decrease. */
function belowZero({ type, name }: SampleFamily, samples: readonly Sample[]): readonly Sample[] {
  if (type !== 'histogram' || !samples.some((sample) => boundOf(sample, 'le') < 0)) return samples
  return samples.filter((sample) => sample.name !== `${name}_sum` && sample.name !== `${name}_count`)
}

/** Groups the samples of each series, with the series in their original order. */
function together(samples: readonly Sample[], { name, type }: SampleFamily): readonly Sample[] {
  const typeLabel =
    type === 'histogram' ? 'le' : type === 'summary' ? 'quantile' : type === 'stateset' ? name : undefined
  const series = new Map<string, Sample[]>()
  for (const sample of samples) {
    const labels = Object.entries(sample.labels).filter(([label]) => label !== typeLabel)
    const key = JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)))
    const group = series.get(key)
    if (group === undefined) series.set(key, [sample])
    else group.push(sample)
  }
  return [...series.values()].flat()
}

function asUnknown({ name, help, samples }: SampleFamily): readonly SampleFamily[] {
  const names = new Map<string, Sample[]>([[name, []]])
  for (const sample of samples) {
    const group = names.get(sample.name)
    if (group === undefined) names.set(sample.name, [sample])
    else group.push(sample)
  }
  return [...names].map(([name, samples]) => ({ name, help, type: 'unknown', samples }))
}
