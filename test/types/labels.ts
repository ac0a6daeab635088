// Label names are part of a metric's type: a mistake is an error in the editor, before any test runs.
import { Counter, Gauge, Histogram } from 'promhive'

const requests = new Counter({ name: 'requests_total', help: 'R.', labelNames: ['method', 'status'] })
const rooms = new Gauge({ name: 'rooms', help: 'R.', labelNames: ['floor'] })
const sizes = new Histogram({ name: 'sizes', help: 'S.', labelNames: ['route'] })
const jobs = new Counter({ name: 'jobs_total', help: 'J.' })
const queue = new Gauge({ name: 'queue', help: 'Q.' })
const seconds = new Histogram({ name: 'seconds', help: 'S.' })

// Without `as const`, the names are known: each verb takes a value for every one of them.
requests.inc({ method: 'GET', status: 200 })
requests.inc({ status: '200', method: 'GET' }, 2)
requests.labels('GET', 200).inc()
requests.labels({ method: 'GET', status: 200 }).inc(2)
requests.remove('GET', '200')
requests.remove({ method: 'GET', status: 200 })
rooms.set({ floor: 1 }, 3)
rooms.inc({ floor: 'attic' })
rooms.dec({ floor: 'attic' }, 2)
rooms.setToCurrentTime({ floor: 1 })
sizes.observe({ route: '/' }, 1)
sizes.zero({ route: '/' })
sizes.labels('/').observe(1)

// Some labels first, the others later.
const gets = requests.labels({ method: 'GET' })
gets.labels({ status: 200 }).inc(2)
// @ts-expect-error the other one is meant
gets.labels({ method: 'GET' })
// @ts-expect-error a label is missing still
gets.labels({}).inc()
// @ts-expect-error a label that was not declared
requests.labels({ verb: 'GET' })

// A label with a default may be omitted.
const sent = new Counter({
  name: 'sent_total',
  help: 'S.',
  labelNames: ['route', 'zone', 'app'],
  defaultLabels: { zone: 'a', app: 1 },
  requiredLabels: ['route'],
})
sent.inc({ route: '/' })
sent.inc({ route: '/', zone: 'b' }, 2)
sent.labels({ route: '/' }).inc()
sent.labels({ route: '/', app: 2 }).inc()
sent.labels('/', 'b', 2).inc()
sent.labels({ zone: 'b' }).labels({ route: '/' }).inc()
sent.remove({ route: '/' })
// @ts-expect-error a label without a default is missing
sent.inc({ zone: 'b' })
// @ts-expect-error a label without a default is missing
sent.inc()
const level = new Gauge({ name: 'level', help: 'L.', labelNames: ['zone'], defaultLabels: { zone: 'a' } })
level.set(1)
level.set({ zone: 'b' }, 1)
// @ts-expect-error a label that was not declared
level.set({ zona: 'b' }, 1)
// @ts-expect-error a default for a label that was not declared
new Gauge({ name: 'level', help: 'L.', labelNames: ['zone'], defaultLabels: { zona: 'a' } })
// @ts-expect-error a label that was not declared is required
new Gauge({ name: 'level', help: 'L.', labelNames: ['zone'], requiredLabels: ['zona'] })

// Without labels there are none.
jobs.labels().inc()
// @ts-expect-error a value, and no labels
jobs.labels('x')
jobs.inc()
jobs.inc(2)
queue.set(1)
queue.inc()
queue.dec(2)
queue.setToCurrentTime()
seconds.observe(1)
seconds.zero()
seconds.startTimer()()

// @ts-expect-error a label that was not declared
requests.inc({ method: 'GET', status: 200, verb: 'x' })
// @ts-expect-error a label that was not declared, instead of one that was
requests.inc({ method: 'GET', code: 200 })
// @ts-expect-error a label is missing
requests.inc({ method: 'GET' })
// @ts-expect-error labels are missing: the metric has two
requests.inc()
// @ts-expect-error an amount, and no labels
requests.inc(2)
// @ts-expect-error a label is missing: a handle with some of them does not count
requests.labels({ method: 'GET' }).inc()
// @ts-expect-error a value is missing
requests.labels('GET')
// @ts-expect-error one value too many
requests.labels('GET', 200, 'x')
// @ts-expect-error a value is missing
requests.remove('GET')
// @ts-expect-error a label that was not declared
requests.labels({ method: 'GET', status: 200, verb: 'x' })
// @ts-expect-error no label values at all
requests.labels()
// @ts-expect-error a label is missing
requests.remove({ status: 200 })
// @ts-expect-error an object is not a label value
requests.inc({ method: {}, status: 200 })
// What a request may lack may be undefined: the series lacks the label then. A bigint is shown as its digits.
const verb = process.env.VERB
requests.inc({ method: verb, status: 200n })
requests.labels(verb, undefined).inc(1, { trace_id: verb })
rooms.set({ floor: undefined }, 1)
new Counter({ name: 'sent_total', help: 'S.', labelNames: ['zone'], defaultLabels: { zone: verb } }).inc()
// @ts-expect-error a label that may be undefined must still be passed: an omitted one may be misspelt
requests.inc({ method: verb })
// @ts-expect-error null is not a label value
requests.inc({ method: null, status: 200 })
// @ts-expect-error labels are missing
rooms.set(3)
// @ts-expect-error the value is missing
rooms.set({ floor: 1 })
// @ts-expect-error labels are missing
rooms.inc()
// @ts-expect-error labels are missing
rooms.setToCurrentTime()
// @ts-expect-error labels are missing
sizes.observe(1)
// @ts-expect-error the value is missing
sizes.observe({ route: '/' })
// @ts-expect-error labels are missing
sizes.zero()

// @ts-expect-error the metric has no labels
jobs.inc({ method: 'GET' })
// @ts-expect-error the metric has no labels
jobs.inc({}, 2)
// @ts-expect-error the metric has no labels
queue.set({ floor: 1 }, 2)
// @ts-expect-error the metric has no labels
seconds.observe({ route: '/' }, 1)

// A timer may learn its labels when it ends.
const end = sizes.startTimer({ route: '/' })
const took: number = end()
sizes.startTimer()({ route: '/' })
// @ts-expect-error a label that was not declared
sizes.startTimer({ verb: 'x' })
// @ts-expect-error a label that was not declared
sizes.startTimer()({ verb: 'x' })

export { took }
