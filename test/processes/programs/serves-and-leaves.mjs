// Opens a metrics port and has nothing else to do.
import { Counter, startMetricsServer } from 'promhive'

new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()
const { url } = await startMetricsServer({ port: 0 })
console.log(url)
