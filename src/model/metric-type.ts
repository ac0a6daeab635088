export const metricTypes = ['counter', 'gauge', 'histogram', 'summary', 'info', 'stateset', 'unknown'] as const
export type MetricType = (typeof metricTypes)[number]

/** How the gauges of many processes become one. The ten modes of the Python client, spelled the same; and the mean. */
export type GaugeMode = `${'' | 'live'}${'all' | 'sum' | 'min' | 'max' | 'mostrecent'}` | 'liveaverage'

const merges = ['all', 'sum', 'min', 'max', 'mostrecent'] as const

export const gaugeModes: readonly GaugeMode[] = [
  ...merges.flatMap((merge): GaugeMode[] => [merge, `live${merge}`]),
  'liveaverage',
]

/** prom-client's own default (sum), over the living: its series stay bounded. */
export const defaultGaugeMode: GaugeMode = 'livesum'

/** How the states of many processes become one: the last that were set, each process's own, or how many are in each. */
export type StateSetMode = 'mostrecent' | 'all' | 'count'

export const stateSetModes: readonly StateSetMode[] = ['mostrecent', 'all', 'count']
