import type { ObservedApplication } from '../application.js'
import type { Panel, Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'

const q = new Queries(dashboardScope)
const each = ['instance']
const legend = '{{instance}}'
const all = (operator: 'sum' | 'max' | 'min', name: string): string => aggregate(operator, each, q.select(name))

/** A panel, and the families that it needs. */
type Candidate = readonly [families: readonly string[], panel: Panel]

const lags = ['p50', 'p90', 'p99', 'max'].map((part) => ({
  expr: all('max', `nodejs_eventloop_lag_${part}_seconds`),
  legend: `${legend} ${part}`,
}))

const eventLoop: readonly Candidate[] = [
  [
    // The percentiles appear after the first five seconds.
    ['nodejs_eventloop_lag_seconds'],
    {
      title: 'Event loop lag',
      description:
        'How late the event loop of the worst worker is. Above some 100 ms, look for synchronous work in requests: large JSON, regular expressions, cryptography, files.',
      unit: 's',
      queries: lags,
    },
  ],
  [
    ['nodejs_eventloop_time_seconds_total'],
    {
      title: 'Event loop utilization',
      description: 'The part of the time in which event loops are busy, over all workers. Above 70 %, add workers.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${q.sumRate(each, 'nodejs_eventloop_time_seconds_total', 'state="active"')} / ${q.sumRate(each, 'nodejs_eventloop_time_seconds_total')}`,
          legend,
        },
      ],
    },
  ],
  [
    ['nodejs_gc_duration_seconds'],
    {
      title: 'Garbage collection',
      description:
        'Seconds per second in which garbage is collected, by kind. If major collections rise with the heap, the application keeps too much in memory.',
      unit: 'percentunit',
      queries: [{ expr: q.sumRate(['kind'], 'nodejs_gc_duration_seconds_sum'), legend: '{{kind}}' }],
      stacked: true,
    },
  ],
  [
    ['nodejs_active_resources'],
    {
      title: 'Active resources',
      description:
        'What keeps the event loops alive, by type. A type that only rises is a leak of timers or connections.',
      unit: 'short',
      queries: [{ expr: aggregate('sum', ['type'], q.select('nodejs_active_resources')), legend: '{{type}}' }],
    },
  ],
]

const memory: readonly Candidate[] = [
  [
    ['process_cpu_seconds_total'],
    {
      title: 'CPU',
      description: 'Processors in use by all processes together, those that have ended included.',
      unit: 'short',
      queries: [{ expr: q.sumRate(each, 'process_cpu_seconds_total'), legend }],
    },
  ],
  [
    ['process_resident_memory_bytes'],
    {
      title: 'Memory',
      description: 'Resident memory of all processes together. A page that two processes share counts twice.',
      unit: 'bytes',
      queries: [{ expr: all('sum', 'process_resident_memory_bytes'), legend }],
    },
  ],
  [
    ['nodejs_heap_size_used_bytes', 'nodejs_heap_size_total_bytes', 'nodejs_external_memory_bytes'],
    {
      title: 'Heap',
      description:
        'The heap of V8 in use and its size, and memory outside of it (buffers). If the used heap never falls back after a collection, take a heap snapshot.',
      unit: 'bytes',
      queries: [
        { expr: all('sum', 'nodejs_heap_size_used_bytes'), legend: `${legend} used` },
        { expr: all('sum', 'nodejs_heap_size_total_bytes'), legend: `${legend} size` },
        { expr: all('sum', 'nodejs_external_memory_bytes'), legend: `${legend} external` },
      ],
    },
  ],
  [
    ['process_start_time_seconds'],
    {
      title: 'Age of the oldest process',
      description: 'Time since the application was started. It falls to 0 when the whole application restarts.',
      unit: 's',
      queries: [{ expr: `time() - ${all('min', 'process_start_time_seconds')}`, legend }],
    },
  ],
]

const saturation: readonly Candidate[] = [
  [
    ['process_resident_memory_bytes', 'process_cgroup_memory_limit_bytes'],
    {
      title: 'Memory of the container in use',
      description:
        'Resident memory in proportion to the limit of the containers. Near 100 %, the kernel kills a worker.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${all('sum', 'process_resident_memory_bytes')} / ${all('sum', 'process_cgroup_memory_limit_bytes')}`,
          legend,
        },
      ],
    },
  ],
  [
    ['process_cpu_seconds_total', 'process_cgroup_cpu_limit_cores'],
    {
      title: 'CPU of the container in use',
      description:
        'Processors in use in proportion to the limit of the containers. Near 100 %, the kernel pauses the workers.',
      unit: 'percentunit',
      queries: [
        {
          expr: `${q.sumRate(each, 'process_cpu_seconds_total')} / ${all('sum', 'process_cgroup_cpu_limit_cores')}`,
          legend,
        },
      ],
    },
  ],
  [
    ['process_open_fds', 'process_max_fds'],
    {
      title: 'File descriptors in use',
      description:
        'Open descriptors in proportion to the limit. At 100 %, connections are refused: raise ulimit -n, or look for a leak.',
      unit: 'percentunit',
      queries: [{ expr: `${all('sum', 'process_open_fds')} / ${all('sum', 'process_max_fds')}`, legend }],
    },
  ],
  [
    ['process_threads'],
    {
      title: 'Threads',
      description:
        'Threads of all processes, those of Node.js included. A number that only rises is a leak of worker threads.',
      unit: 'short',
      queries: [{ expr: all('sum', 'process_threads'), legend }],
    },
  ],
  [
    // The counter appears with the first value beyond a limit.
    ['promhive_writers'],
    {
      title: 'Label values beyond maxSeries',
      description:
        'Counts per second that went to `_overflow`, because a metric has more label values than its limit. Remove the label that never repeats.',
      unit: 'cps',
      queries: [
        {
          expr: q.orZero(q.sumRate(['metric'], 'promhive_series_limited_total'), q.select('promhive_writers')),
          legend: '{{metric}}',
        },
      ],
    },
  ],
  [
    ['promhive_dropped_series_total'],
    {
      title: 'Series without space',
      description: 'Series that do not fit into the metrics directory. Above 0, enlarge its file system.',
      unit: 'short',
      queries: [{ expr: all('sum', 'promhive_dropped_series_total'), legend }],
    },
  ],
]

export function eventLoopSection(application: ObservedApplication): Section {
  return { title: 'Event loop', panels: panelsOf(eventLoop, application) }
}

export function processSection(application: ObservedApplication): Section {
  return { title: 'CPU and memory', panels: panelsOf(memory, application) }
}

export function saturationSection(application: ObservedApplication): Section {
  return { title: 'Limits', panels: panelsOf(saturation, application) }
}

function panelsOf(candidates: readonly Candidate[], { has }: ObservedApplication): readonly Panel[] {
  return candidates.filter(([families]) => families.every(has)).map(([, panel]) => panel)
}
