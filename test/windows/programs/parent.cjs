// Runs promhive with a channel, as process managers do on Windows, and sends it the messages that it is asked for.
const { fork } = require('node:child_process')
const { createServer } = require('node:http')

const child = fork('node_modules\\promhive\\dist\\esm\\cli\\bin.js', process.argv.slice(2))
child.once('exit', (code) => {
  console.log(`ended with ${code}`)
  process.exit()
})
createServer((request, response) => {
  const order = decodeURIComponent(request.url.slice(1))
  child.send(order.startsWith('SIG') ? { promhive: order } : order)
  response.end()
}).listen(0, '127.0.0.1', function () {
  console.log(`orders on ${this.address().port}`)
})
