// A shop of three workers, which are replaced when they end. Prints its ports.
const cluster = require('node:cluster')
const { createServer } = require('node:http')
const { Counter, startMetricsServer } = require('promhive')

if (cluster.isPrimary) {
  for (let i = 0; i < 3; i++) cluster.fork()
  cluster.on('exit', (worker) => {
    console.log(`ended ${worker.process.pid}`)
    cluster.fork()
  })
  let listening = 0
  cluster.on('listening', (_, { port }) => console.log(`listening ${++listening} on ${port}`))
  startMetricsServer({ port: 0 }).then(({ url }) => console.log(`metrics at ${url}`))
} else {
  const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.', labelNames: ['size'] })
  const small = purchases.labels({ size: 'small' })
  const large = purchases.labels({ size: 'large' })
  createServer((request, response) => {
    if (request.url === '/many') for (let i = 0; i < 1000; i++) large.inc()
    else small.inc()
    response.end(`${process.pid}`)
  }).listen(0)
}
