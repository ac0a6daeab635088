// A server that knows nothing of workers, for promhive run. The answer to /slow takes a while.
const { createServer } = require('node:http')
const { Counter } = require('promhive')

const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.' })
createServer((request, response) => {
  purchases.inc()
  setTimeout(() => response.end(`${process.pid}`), request.url === '/slow' ? 500 : 0)
}).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  console.log(`goodbye from ${process.pid}`)
  process.exit()
})
