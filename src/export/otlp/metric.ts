import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { MetricType } from '../../model/metric-type.js'
import type { OtlpMetric, Temporality } from './point.js'
import { otlpUnit } from './unit.js'

/** Which metrics are sent as differences from the last export. */
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory'
export const temporalityPreferences: readonly TemporalityPreference[] = ['cumulative', 'delta', 'lowmemory']

export interface TranslationOptions {
  readonly preference: TemporalityPreference
  /** Whether `_total` and the unit at the end of a name are removed. */
  readonly removesSuffixes: boolean
}

/** What a metric has in common with its family. */
export type MetricHeading = Pick<FamilyDescriptor, 'type' | 'name' | 'help' | 'unit'>

/**
 * Returns a family as a metric of OpenTelemetry. Names are those of the text format of Prometheus.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#prometheus-metric-points-to-otlp
 *
 * @param observed whether the values are read when they are gathered, as those of a collector; low memory means that
 * no last value is kept for them
 */
export function metricOf(
  { type, name, help, unit = '' }: MetricHeading,
  options: TranslationOptions,
  observed: boolean,
): OtlpMetric {
  const counts = type === 'counter' || type === 'histogram'
  const isDelta = counts && (options.preference === 'delta' || (options.preference === 'lowmemory' && !observed))
  const temporality: Temporality = isDelta ? 'delta' : 'cumulative'
  const text = type === 'info' ? `${withoutEnd(name, '_info')}_info` : name
  return {
    name: options.removesSuffixes ? plainName(text, type, unit) : text,
    description: help,
    unit: otlpUnit(unit),
    type,
    ...shapes[type],
    temporality,
  }
}

/** A value of info and stateset is a number of things in a state: it may be added up, as that of a gauge may not. */
const shapes: Readonly<Record<MetricType, Pick<OtlpMetric, 'data' | 'isMonotonic'>>> = {
  counter: { data: 'sum', isMonotonic: true },
  gauge: { data: 'gauge', isMonotonic: false },
  unknown: { data: 'gauge', isMonotonic: false },
  info: { data: 'sum', isMonotonic: false },
  stateset: { data: 'sum', isMonotonic: false },
  histogram: { data: 'histogram', isMonotonic: false },
  summary: { data: 'summary', isMonotonic: false },
}

function plainName(name: string, type: MetricType, unit: string): string {
  const counted = type === 'counter' ? withoutEnd(name, '_total') : name
  return unit === '' ? counted : withoutEnd(counted, `_${unit}`)
}

function withoutEnd(name: string, end: string): string {
  return name.endsWith(end) && name.length > end.length ? name.slice(0, -end.length) : name
}
