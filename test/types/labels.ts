// Label names are part of a metric's type: what is wrong here is wrong in the editor, before any test runs.
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

// Without labels there are none.
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
// @ts-expect-error a label that was not declared, in the place of one that was
requests.inc({ method: 'GET', code: 200 })
// @ts-expect-error a label is missing
requests.inc({ method: 'GET' })
// @ts-expect-error labels are missing: the metric has two
requests.inc()
// @ts-expect-error an amount, and no labels
requests.inc(2)
// @ts-expect-error a label is missing
requests.labels({ method: 'GET' })
// @ts-expect-error a label that was not declared
requests.labels({ method: 'GET', status: 200, verb: 'x' })
// @ts-expect-error no label values at all
requests.labels()
// @ts-expect-error a label is missing
requests.remove({ status: 200 })
// @ts-expect-error an object is not a label value
requests.inc({ method: {}, status: 200 })
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
