import { openMetrics } from '../../exposition/openmetrics/openmetrics.js'
import type { Dialect } from '../../exposition/text/dialect.js'
import { withSuffix } from '../../exposition/text/family-name.js'
import { headingOf } from '../../exposition/text/samples.js'
import { type Exemplar, exemplarLabelName, fitsExemplar } from '../../model/exemplar.js'
import { type Family, isTable } from '../../model/family.js'
import type { FamilyMetadata } from './message.js'

/**
 * How Prometheus stores a scrape: the names and bounds of OpenMetrics, which it requests. Two things differ: the time at
 * which a series began is part of its samples and not a series of its own, and a histogram of values below 0 keeps its
 * sum and count.
 */
export const storedSamples: Dialect = { ...openMetrics, created: false, keepsCreated: false, sumBelowZero: true }

/** Returns what receivers can know of a family. */
export function metadataOf(family: Family): FamilyMetadata {
  const head = isTable(family) ? headingOf(family.family) : family
  const { name, type, help } = head
  const unit = 'unit' in head ? (head.unit ?? '') : ''
  if (type === 'counter') return { name: withSuffix(name, '_total'), type, help, unit }
  return { name: type === 'info' ? withSuffix(name, '_info') : name, type, help, unit }
}

/** Returns an exemplar that receivers accept; undefined for any other, because one must not make a request fail. */
export function storedExemplar(exemplar: Exemplar | undefined): Exemplar | undefined {
  if (exemplar === undefined || !fitsExemplar(exemplar.labels)) return undefined
  return Object.keys(exemplar.labels).every((name) => exemplarLabelName.test(name)) ? exemplar : undefined
}
