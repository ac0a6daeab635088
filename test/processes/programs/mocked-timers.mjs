// An application whose test mocks Node's timers before it loads promhive, and never moves them on.
import { mock } from 'node:test'

mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] })
const { Counter, register, startMetricsServer } = await import('promhive')

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['n'] })
for (let n = 0; n < 3000; n++) jobs.inc({ n })
const metrics = await startMetricsServer({ port: 0 })
const [own, scraped] = [await register.metrics(), await (await fetch(metrics.url)).text()]
await metrics.close()
console.log(own.includes('jobs_total{n="2999"} 1'), scraped.includes('jobs_total{n="2999"} 1'))
