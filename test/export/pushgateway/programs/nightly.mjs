import cluster from 'node:cluster'
import { once } from 'node:events'
import { Counter } from 'promhive'
import { Pushgateway } from 'promhive/pushgateway'

if (cluster.isPrimary) {
  const gateway = new Pushgateway(process.env.PUSHGATEWAY_URL ?? 'http://127.0.0.1:9091')
  const workers = [1, 2, 3].map(() => cluster.fork())
  await Promise.all(workers.map((worker) => once(worker, 'exit')))
  // The workers are gone, their numbers are not.
  await gateway.push({ jobName: 'nightly' })
} else {
  const invoices = new Counter({ name: 'invoices_total', help: 'Invoices sent.' })
  invoices.inc(10)
  process.exit()
}
