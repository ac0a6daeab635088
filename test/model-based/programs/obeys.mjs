// One process of the application under the model: counts, sets, observes and removes on command.
import { Counter, configure, Gauge, Histogram, register } from 'promhive'
import { answer } from '../../processes/programs/stagehand.mjs'

const labelNames = ['path', 'shard']
const metrics = {
  jobs_total: new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames }),
  level: new Gauge({ name: 'level', help: 'Levels.', labelNames, mode: 'livesum' }),
  wait: new Histogram({ name: 'wait', help: 'Waits.', labelNames, buckets: [1, 2, 4] }),
}

answer({
  /** The same scrape with a series for each worker. */
  async scrapePerWorker() {
    configure({ perWorker: true })
    const text = await register.metrics()
    configure({ perWorker: false })
    return text
  },
  inc: (labels, amount) => metrics.jobs_total.inc(labels, amount),
  set: (labels, value) => metrics.level.set(labels, value),
  wait: (labels, value) => metrics.wait.observe(labels, value),
  removeEach(name, series) {
    for (const labels of series) metrics[name].remove(labels)
  },
  /** Removes by some labels and counts in one of the series again, before anything else happens. */
  removeAndInc(some, labels, amount) {
    for (const each of some) metrics.jobs_total.removeByLabels(each)
    metrics.jobs_total.inc(labels, amount)
  },
  remove: (name, labels) => metrics[name].remove(labels),
  removeByLabels: (name, labels) => metrics[name].removeByLabels(labels),
  clear: (name) => metrics[name].clear(),
  reset: (name) => metrics[name].reset(),
})
