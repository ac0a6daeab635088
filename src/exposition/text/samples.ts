import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { FamilyTable } from '../../model/family.js'
import { quantileOf } from '../../model/layout/summary.js'
import type { Dialect, Heading } from './dialect.js'
import { withoutSuffix, withSuffix } from './family-name.js'
import { formatGoNumber } from './number.js'

/** One sample of a series: its name, and the label that the type itself writes. */
export interface SampleShape {
  readonly name: string
  readonly label?: readonly [name: string, value: string]
}

/** The samples of each series of a family, in order, and how to compute their values. */
export interface FamilySamples {
  readonly shapes: readonly SampleShape[]
  /** The number of samples, from the first on, that may have an exemplar: the buckets in their order, or a counter's. */
  readonly exemplars: number
  /** Writes the values of these rows, sample by sample. One call for many rows: it runs at every scrape. */
  values(out: Float64Array, table: FamilyTable, rows: Int32Array): void
}

/** How a dialect shows a family's series. */
export function samplesOf(family: FamilyDescriptor, dialect: Dialect): FamilySamples {
  switch (family.type) {
    case 'counter':
      return counterSamples(family, dialect)
    case 'histogram':
      return histogramSamples(family, dialect)
    case 'summary':
      return summarySamples(family, dialect)
    case 'stateset':
      return stateSetSamples(family)
    case 'info':
      return { ...single(withSuffix(family.name, '_info'), 0), values: (out) => out.fill(1) }
    case 'gauge':
      return single(family.name, 1)
    default:
      return single(family.name, 0)
  }
}

/** The head of a state set as a gauge: the number of workers in a state may be more than 1. */
export function headingOf(family: FamilyDescriptor): Heading {
  return family.type === 'stateset' && family.mode === 'count' ? { ...family, type: 'gauge' } : family
}

/** A counter or an info under the name of its sample, as a family of unknown type. */
export function untyped<T extends Heading>(family: T, dialect: Dialect): T & { readonly type: 'unknown' } {
  const { name, type } = family
  const sampleName = type === 'counter' ? dialect.counterName(name) : type === 'info' ? withSuffix(name, '_info') : name
  return { ...family, type: 'unknown', name: sampleName }
}

/** The one sample of each series whose value is this slot. */
function single(name: string, slot: number): FamilySamples {
  return {
    shapes: [{ name }],
    exemplars: 0,
    values(out, { bases, slots }, rows) {
      for (let i = 0; i < rows.length; i++) out[i] = slots[bases[rows[i]!]! + slot]!
    },
  }
}

function counterSamples({ name }: FamilyDescriptor, dialect: Dialect): FamilySamples {
  const exemplars = dialect.exemplars ? 1 : 0
  const total = single(dialect.counterName(name), 0)
  if (!dialect.created) return { ...total, exemplars }
  return {
    shapes: [...total.shapes, createdOf(withoutSuffix(name, '_total'))],
    exemplars,
    values(out, { bases, slots, created }, rows) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!
        out[i * 2] = slots[bases[row]!]!
        out[i * 2 + 1] = created[row]!
      }
    },
  }
}

/** A histogram's buckets become cumulative here; its count is their total. */
function histogramSamples(
  { name, bounds, floatBounds }: FamilyDescriptor<'histogram'>,
  dialect: Dialect,
): FamilySamples {
  const buckets = bounds.length + 1
  const formatBound = floatBounds === true ? formatGoNumber : dialect.formatBound
  const summed = dialect.sumBelowZero || !(bounds[0]! < 0)
  const shapes: readonly SampleShape[] = [
    ...[...bounds, Number.POSITIVE_INFINITY].map(
      (bound): SampleShape => ({ name: `${name}_bucket`, label: ['le', formatBound(bound)] }),
    ),
    // OpenMetrics shows a count only with a sum.
    ...(summed ? [{ name: `${name}_sum` }, { name: `${name}_count` }] : []),
    ...(dialect.created ? [createdOf(name)] : []),
  ]
  return {
    shapes,
    exemplars: dialect.exemplars ? buckets : 0,
    values(out, { bases, slots, created }, rows) {
      let at = 0
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i]!
        const base = bases[row]!
        let count = 0
        for (let bucket = 1; bucket <= buckets; bucket++) out[at++] = count += slots[base + bucket]!
        if (summed) {
          out[at++] = slots[base]!
          out[at++] = count
        }
        if (dialect.created) out[at++] = created[row]!
      }
    },
  }
}

function summarySamples(family: FamilyDescriptor<'summary'>, dialect: Dialect): FamilySamples {
  const { name, quantiles } = family
  const { emptyQuantile: empty = Number.NaN } = dialect
  const shapes: readonly SampleShape[] = [
    ...quantiles.map((q): SampleShape => ({ name, label: ['quantile', dialect.formatBound(q)] })),
    { name: `${name}_sum` },
    { name: `${name}_count` },
    ...(dialect.created ? [createdOf(name)] : []),
  ]
  return {
    shapes,
    exemplars: 0,
    values(out, { bases, slots, created }, rows) {
      let at = 0
      for (const row of rows) {
        const base = bases[row]!
        for (const q of quantiles) {
          const value = quantileOf(family, slots, base, q)
          out[at++] = Number.isNaN(value) ? empty : value
        }
        out[at++] = slots[base]!
        out[at++] = slots[base + 1]!
        if (dialect.created) out[at++] = created[row]!
      }
    },
  }
}

function stateSetSamples({ name, states }: FamilyDescriptor<'stateset'>): FamilySamples {
  return {
    shapes: states.map((state): SampleShape => ({ name, label: [name, state] })),
    exemplars: 0,
    values(out, { bases, slots }, rows) {
      let at = 0
      for (const row of rows) for (let i = 1; i <= states.length; i++) out[at++] = slots[bases[row]! + i]!
    },
  }
}

function createdOf(name: string): SampleShape {
  return { name: `${name}_created` }
}
