export const metricTypes = ['counter', 'gauge', 'histogram', 'summary', 'info', 'stateset', 'unknown'] as const
export type MetricType = (typeof metricTypes)[number]

/** How the gauges of several processes are merged: the ten modes of the Python client, with the same names, and the mean. */
export type GaugeMode = `${'' | 'live'}${'all' | 'sum' | 'min' | 'max' | 'mostrecent'}` | 'liveaverage'

const merges = ['all', 'sum', 'min', 'max', 'mostrecent'] as const

export const gaugeModes: readonly GaugeMode[] = [
  ...merges.flatMap((merge): GaugeMode[] => [merge, `live${merge}`]),
  'liveaverage',
]

/** prom-client's default (sum), over living processes, so that the number of series stays bounded. */
export const defaultGaugeMode: GaugeMode = 'livesum'

/**
 * How the states of several processes are merged: those that were set last, those of each process, or the number of
 * processes in each state.
 */
export type StateSetMode = 'mostrecent' | 'all' | 'count'

export const stateSetModes: readonly StateSetMode[] = ['mostrecent', 'all', 'count']
