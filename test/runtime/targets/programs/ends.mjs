// A process that has a target and nothing else to do.
import { Counter } from 'promhive'
import { startWorkerTarget } from 'promhive/targets'

new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()
const { address } = await startWorkerTarget({ ports: 0, fileSd: process.argv[2] })
console.log(address)
if (process.argv[3] === 'exit') process.exit()
