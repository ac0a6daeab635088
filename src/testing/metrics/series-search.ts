import { MetricsError } from '../../model/errors.js'
import { isLabelObject, type LabelValueOrNone, labelText } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import type { FoundFamily, FoundSample, ReadableMetric } from './found-family.js'
import { listed } from './listed.js'

/** Labels of a series in a test; `undefined` means that the series lacks the label. */
export type SearchedLabels<L extends string = string> = [L] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [K in L]?: LabelValueOrNone }

/** The labels that a metric may be searched by: its own, and those that its type writes. */
export type LabelsOf<M> = M extends { state(...args: never): unknown }
  ? SearchedLabels
  : M extends ReadableMetric<infer L>
    ? SearchedLabels<M extends { observe(...args: never): unknown } ? L | 'quantile' : L>
    : SearchedLabels

/** Returns the samples that have these labels, whatever other labels they have. */
export function samplesWith(
  { name, labelNames }: FoundFamily,
  samples: readonly FoundSample[],
  labels: SearchedLabels,
): readonly FoundSample[] {
  const texts = textsOf(name, labels)
  for (const label of texts.keys()) if (!labelNames.has(label)) throw unknownLabel(name, label, labelNames)
  return samples.filter((sample) => [...texts].every(([label, text]) => textIn(name, sample, label) === text))
}

/**
 * Returns the matching sample: the one that has exactly these labels, or else the only one that has them among others.
 *
 * @throws MetricsError `SERIES_NOT_UNIQUE` if several have them
 */
export function oneOf(
  { name, defaultLabels }: FoundFamily,
  found: readonly FoundSample[],
  labels: SearchedLabels,
): FoundSample | undefined {
  if (found.length < 2) return found[0]
  const others = (sample: FoundSample): string[] =>
    Object.entries(sample.labels)
      .filter(([label, value]) => value !== '' && value !== defaultLabels[label] && !Object.hasOwn(labels, label))
      .map(([label]) => label)
  const exact = found.filter((sample) => others(sample).length === 0)
  if (exact.length === 1) return exact[0]
  const text = `${found.length} series of ${name} have ${shownLabels(labels)}: ${listed(found.map(shownSample))}; add a label`
  throw new MetricsError('SERIES_NOT_UNIQUE', text)
}

/** The error if no sample has the labels. */
export function noneHas({ name }: FoundFamily, samples: readonly FoundSample[], labels: SearchedLabels): MetricsError {
  const has = samples.length === 0 ? 'it has no series yet' : `it has ${listed(samples.map(shownSample))}`
  return new MetricsError('SERIES_NOT_FOUND', `${name} has no series ${shownLabels(labels)}; ${has}`)
}

/** Labels as an exposition shows them: `{method="GET",status="200"}`. */
export function shownLabels(labels: SearchedLabels): string {
  const labelPairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(String(value ?? ''))}`)
  return `{${labelPairs.join()}}`
}

function shownSample({ labels }: FoundSample): string {
  return shownLabels(labels as SearchedLabels)
}

function textsOf(name: string, labels: SearchedLabels): ReadonlyMap<string, string | null> {
  if (!isLabelObject(labels)) {
    const text = `${name}: labels must be an object such as { method: 'GET' }, got ${describe(labels)}`
    throw new MetricsError('LABEL_VALUE_INVALID', text)
  }
  return new Map(Object.entries(labels).map(([label, value]) => [label, textOfLabel(name, label, value)]))
}

function textIn(name: string, { labels }: FoundSample, label: string): string | null {
  return Object.hasOwn(labels, label) ? textOfLabel(name, label, labels[label]) : null
}

/** The last bucket is `+Inf`, as in an exposition. */
function textOfLabel(name: string, label: string, value: unknown): string | null {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : labelText(name, label, value)
}

function unknownLabel(name: string, label: string, known: ReadonlySet<string>): MetricsError {
  const meant = nearest(label, known)
  const has = known.size === 0 ? 'it has no labels' : `its labels are ${[...known].join(', ')}`
  const advice = meant === undefined ? has : `did you mean ${meant}?`
  return new MetricsError('LABEL_UNKNOWN', `${name}: there is no label ${describe(label)}; ${advice}`)
}
