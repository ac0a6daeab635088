import type { OptionNames } from '../model/known-options.js'
import type {
  GaugeOptions,
  HistogramOptions,
  InfoOptions,
  MetricOptions,
  RemoveOptions,
  StateSetOptions,
  SummaryOptions,
} from './options.js'

/**
 * Options of other types and of prom-client. They have a separate check with a better error text, or no meaning here;
 * code for prom-client passes them to every metric.
 */
export const passedOver = {
  aggregator: true,
  enableExemplars: true,
  unit: true,
  maxAgeSeconds: true,
  ageBuckets: true,
  pruneAgedBuckets: true,
  compressCount: true,
} as const

const labelled = {
  name: true,
  help: true,
  labelNames: true,
  registers: true,
  defaultLabels: true,
  requiredLabels: true,
  maxSeries: true,
  onLimit: true,
  collect: true,
  run: true,
} as const satisfies OptionNames<InfoOptions<string>>

export const counterOptions = {
  ...labelled,
  unit: true,
  expireAfter: true,
  enableExemplars: true,
} as const satisfies OptionNames<MetricOptions<string>>

export const gaugeOptions = {
  ...counterOptions,
  mode: true,
  multiprocess_mode: true,
  aggregator: true,
} as const satisfies OptionNames<GaugeOptions<string>>

export const histogramOptions = {
  ...counterOptions,
  buckets: true,
} as const satisfies OptionNames<HistogramOptions<string>>

export const summaryOptions = {
  ...counterOptions,
  quantiles: true,
  percentiles: true,
  relativeError: true,
  maxAgeSeconds: true,
  ageBuckets: true,
  pruneAgedBuckets: true,
  compressCount: true,
} as const satisfies OptionNames<SummaryOptions<string>>

export const infoOptions: OptionNames<InfoOptions<string>> = labelled

export const stateSetOptions = {
  ...labelled,
  states: true,
  mode: true,
  initial: true,
} as const satisfies OptionNames<StateSetOptions<string, string>>

export const removeOptions = { scope: true } as const satisfies OptionNames<RemoveOptions>
