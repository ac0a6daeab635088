// What verbs and options take.
import {
  Counter,
  Gauge,
  type GaugeMode,
  Histogram,
  MetricsError,
  type MetricsErrorCode,
  Registry,
  register,
} from 'promhive'

const registers = [new Registry()]
const jobs = new Counter({ name: 'jobs_total', help: 'J.', registers })
const queue = new Gauge({ name: 'queue', help: 'Q.', mode: 'livemax', registers })
const seconds = new Histogram({ name: 'seconds', help: 'S.', buckets: [1, 2] as const, registers: undefined })

// @ts-expect-error a number in a text
jobs.inc('1')
// @ts-expect-error null is not an amount
jobs.inc(null)
// @ts-expect-error a bigint
jobs.inc(1n)
// @ts-expect-error a number in a text
queue.set('1')
// @ts-expect-error the value is missing
queue.set()
// @ts-expect-error a number in a text
queue.inc('1')
// @ts-expect-error a number in a text
seconds.observe('1')
// @ts-expect-error the value is missing
seconds.observe()
// @ts-expect-error a number in a text, at a child
jobs.labels().inc('1')

// @ts-expect-error a mode that does not exist
new Gauge({ name: 'queue', help: 'Q.', mode: 'average' })
// @ts-expect-error a mode in capitals
export const mode: GaugeMode = 'SUM'
// @ts-expect-error a counter has no mode
new Counter({ name: 'jobs_total', help: 'J.', mode: 'sum' })
// @ts-expect-error a gauge has no buckets
new Gauge({ name: 'queue', help: 'Q.', buckets: [1] })
// @ts-expect-error buckets are numbers
new Histogram({ name: 'seconds', help: 'S.', buckets: ['1'] })
// @ts-expect-error the help is missing
new Counter({ name: 'jobs_total' })
// @ts-expect-error the name is missing
new Counter({ help: 'J.' })
// @ts-expect-error there are no options
new Counter()
// @ts-expect-error registers is an array
new Counter({ name: 'jobs_total', help: 'J.', registers: register })
// @ts-expect-error something else is no registry
new Counter({ name: 'jobs_total', help: 'J.', registers: [{}] })
// @ts-expect-error collect is a function
new Counter({ name: 'jobs_total', help: 'J.', collect: 1 })

// `this` of collect() is the metric.
new Gauge({
  name: 'rooms',
  help: 'R.',
  labelNames: ['floor'],
  async collect() {
    this.set({ floor: 1 }, 2)
    // @ts-expect-error labels are missing
    this.set(2)
  },
})
new Counter({
  name: 'jobs_total',
  help: 'J.',
  collect() {
    this.inc(1)
    // @ts-expect-error a counter is not set
    this.set(2)
  },
})

// @ts-expect-error a code that does not exist
export const code: MetricsErrorCode = 'WRONG'
const error = new MetricsError('NAME_TAKEN', 'taken')
// @ts-expect-error the code of an error does not change
error.code = 'NAME_INVALID'

// @ts-expect-error duplicates are the same, or an error
new Registry({ duplicates: 'ignore' })

const text: Promise<string> = register.metrics()
// @ts-expect-error the content type has fixed values
register.contentType = 'text/html'

export { text }
