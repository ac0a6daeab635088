// A worker that counts with the metrics of the prom-client entry.
import { Counter, Gauge, Histogram, register, Summary } from 'promhive/prom-client'
import { answer } from '../../processes/programs/stagehand.mjs'

const requests = new Counter({ name: 'requests_total', help: 'Requests.', labelNames: ['status', 'method'] })
const seconds = new Histogram({ name: 'seconds', help: 'Seconds.', labelNames: ['route'], buckets: [1] })
const sizes = new Summary({ name: 'sizes', help: 'Sizes.', percentiles: [0.5] })
const gauges = Object.fromEntries(
  ['sum', 'min', 'max', 'average', 'first', 'omit'].map((aggregator) => {
    return [aggregator, new Gauge({ name: `level_${aggregator}`, help: 'Level.', aggregator })]
  }),
)
new Gauge({ name: 'up', help: 'Is up.', aggregator: 'first' }).set(1)
new Gauge({
  name: 'turns',
  help: 'Made again for each scrape.',
  labelNames: ['kind'],
  collect() {
    this.reset()
    this.set({ kind: 'own' }, 1)
  },
})

answer({
  request(status, method) {
    requests.inc({ status, method })
    seconds.labels({ route: '/' }).observe(0.5)
    sizes.observe(10)
  },
  level(value) {
    for (const gauge of Object.values(gauges)) gauge.set(value)
  },
  remove: (status, method) => requests.remove({ status, method }),
  text: () => register.metrics(),
  json: () => register.getMetricsAsJSON(),
  get: () => requests.get(),
  own: () => requests.hashMap,
})
