import {
  Counter,
  exponentialBuckets,
  Gauge,
  type GaugeMode,
  Histogram,
  Info,
  linearBuckets,
  type Registry,
  StateSet,
  Summary,
} from '../../src/index.js'

/** What each golden file shows, whole: a changed format shows in the diff as text. */
export const expositions: Readonly<Record<string, (registry: Registry) => void>> = {
  counter: (registry) => {
    const registers = [registry]
    new Counter({ name: 'jobs_total', help: 'Jobs done.', registers }).inc(3)
    new Counter({ name: 'never_counted_total', help: 'Without labels: at 0 from the start.', registers })
    new Counter({ name: 'never_seen_total', help: 'With labels: no series yet.', labelNames: ['kind'], registers })
    const labelNames = ['status', 'method'] as const
    const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.', labelNames, registers })
    requests.inc({ method: 'POST', status: 201 })
    requests.labels('200', 'GET').inc(0.5)
    requests.inc({ method: 'GET', status: '200' }, 1e21)
    requests.inc({ method: 'GET' } as never)
    requests.inc({} as never)
    const odd = new Counter({
      name: 'odd_total',
      help: 'Slash \\, line\nfeed, "quotes".',
      labelNames: ['text'],
      registers,
    })
    for (const text of ['', 'quote "', 'backslash \\', 'line\nfeed', 'größe ✓ 💥', '{a="b"}', ' ']) odd.inc({ text })
  },

  'gauge-modes': (registry) => {
    const merges = ['all', 'sum', 'min', 'max', 'mostrecent'] as const
    for (const mode of merges.flatMap((merge): GaugeMode[] => [merge, `live${merge}`])) {
      const help = `Rooms under ${mode}.`
      const rooms = new Gauge({ name: `${mode}_rooms`, help, labelNames: ['floor'], mode, registers: [registry] })
      rooms.set({ floor: 1 }, 20.5)
      rooms.labels('attic').set(-3)
      if (!mode.endsWith('mostrecent')) rooms.labels('attic').inc()
    }
    const registers = [registry]
    new Gauge({ name: 'unset', help: 'Starts at 0.', registers })
    new Gauge({ name: 'unset_recent', help: 'No value until it is set.', mode: 'mostrecent', registers })
    const odd = new Gauge({ name: 'odd', help: 'Values at the ends.', labelNames: ['value'], registers })
    for (const value of [Number.NaN, Infinity, -Infinity, -0, 5e-324, -1.7976931348623157e308, 0.1 + 0.2, 1e-7]) {
      odd.set({ value: Object.is(value, -0) ? '-0' : value }, value)
    }
  },

  histogram: (registry) => {
    const registers = [registry]
    const duration = new Histogram({ name: 'job_duration_seconds', help: 'Time to do a job.', registers })
    for (const seconds of [0.001, 0.005, 0.2, 3, 60]) duration.observe(seconds)
    const buckets = exponentialBuckets(1000, 10, 3)
    const size = new Histogram({ name: 'body_bytes', help: 'Size.', labelNames: ['route', 'app'], buckets, registers })
    size.observe({ route: '/"a"', app: 'shop' }, 1000)
    size.observe({ route: '/"a"', app: 'shop' }, 1e9)
    size.zero({ route: '/b', app: 'shop' })
    const steps = linearBuckets(-1, 0.5, 4)
    new Histogram({ name: 'offset_ratio', help: 'Below 0.', buckets: steps, registers }).observe(-0.75)
    new Histogram({ name: 'one_bucket', help: 'Only +Inf.', buckets: [], registers }).observe(1)
    new Histogram({ name: 'unseen', help: 'No series yet.', labelNames: ['a'], registers })
  },

  'default-labels': (registry) => {
    const registers = [registry]
    registry.setDefaultLabels({ app: 'shop', zone: 'eu"1"' })
    new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['app', 'kind'], registers }).inc({
      app: 'own',
      kind: 'x',
    })
    new Counter({ name: 'others_total', help: 'Others.', labelNames: ['app', 'kind'], registers }).inc({
      kind: 'x',
    } as never)
    new Histogram({ name: 'size_bytes', help: 'Size.', buckets: [1], registers }).observe(1)
  },

  summary: (registry) => {
    const registers = [registry]
    const wait = new Summary({ name: 'wait_seconds', help: 'Without quantiles.', unit: 'seconds', registers })
    for (const seconds of [0.25, 0.5, 1.25]) wait.observe(seconds)
    const options = { name: 'body_bytes', help: 'Size.', labelNames: ['route'] as const, registers }
    const size = new Summary({ ...options, quantiles: [0, 0.5, 0.99, 1] })
    for (let i = 1; i <= 1000; i++) size.observe({ route: '/' }, i)
    size.observe({ route: '/"a"' }, 0)
    new Summary({ name: 'empty', help: 'Nothing observed.', quantiles: [0.5], registers })
    new Summary({ name: 'unseen', help: 'No series yet.', labelNames: ['a'], registers })
  },

  info: (registry) => {
    const registers = [registry]
    const build = new Info({ name: 'build_info', help: 'What runs.', labelNames: ['version', 'commit'], registers })
    build.info({ version: '1.2.3', commit: 'a"b' })
    new Info({ name: 'host', help: 'Without the ending.', labelNames: ['os'], registers }).info({ os: 'größe' })
  },

  stateset: (registry) => {
    const registers = [registry]
    const states = ['starting', 'up "now"', 'down'] as const
    new StateSet({ name: 'state', help: 'The last that was set.', states, registers }).state('down')
    const all = new StateSet({ name: 'own_state', help: "Each worker's.", states, mode: 'all', registers })
    all.state('up "now"')
    const options = { name: 'worker_states', help: 'Workers in each.', labelNames: ['pool'] as const, registers }
    const count = new StateSet({ ...options, states, mode: 'count' })
    count.state({ pool: 'a' }, 'starting')
    count.state({ pool: 'b' }, 'down')
  },

  unit: (registry) => {
    const registers = [registry]
    new Counter({ name: 'sent_bytes_total', help: 'Sent.', unit: 'bytes', registers }).inc(10)
    new Gauge({ name: 'heap_bytes', help: 'Heap.', unit: 'bytes', registers }).set(20)
    new Histogram({ name: 'wait_seconds', help: 'Waited.', unit: 'seconds', buckets: [1], registers }).observe(0.5)
  },

  // A counter without `_total`, and one whose family has the name of a gauge.
  names: (registry) => {
    const registers = [registry]
    new Counter({ name: 'requests', help: 'Requests.', registers }).inc()
    new Counter({ name: 'connections_total', help: 'Connections since the start.', registers }).inc(5)
    new Gauge({ name: 'connections', help: 'Connections now.', registers }).set(2)
    new Info({ name: 'requests_info', help: 'Requests.', labelNames: ['kind'], registers }).info({ kind: 'http' })
  },
}
