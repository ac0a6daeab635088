// A worker of an application with requests and default metrics; executes the commands of a test.
import { Counter, collectDefaultMetrics, Histogram } from 'promhive'
import { answer, verbs } from '../../../processes/programs/stagehand.mjs'

collectDefaultMetrics()
const requests = new Counter({
  name: 'http_requests_total',
  help: 'Requests <b>answered</b>.',
  labelNames: ['method', 'status'],
})
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of requests.',
  labelNames: ['route'],
  buckets: [0.1, 0.2, 0.4, 0.8],
})

/** Answers requests: each takes so long. */
verbs.answer = (status, times, seconds, route = '/') => {
  for (let i = 0; i < times; i++) {
    requests.inc({ method: 'GET', status })
    durations.observe({ route }, seconds)
  }
}
/** Answers requests until the process is ended. */
verbs.keepAnswering = () => {
  let turn = 0
  setInterval(() => {
    const busy = 20 + 15 * Math.sin(turn++ / 40)
    for (let i = 0; i < busy; i++) {
      requests.inc({ method: i % 3 === 0 ? 'POST' : 'GET', status: Math.random() < 0.02 ? '500' : '200' })
      durations.observe({ route: `/items/${i % 7}` }, 0.05 + Math.random() ** 4 * 0.7)
    }
  }, 100)
}

answer()
