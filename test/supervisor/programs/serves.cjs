// A server without promhive, in CommonJS, that cleans up when it is asked to end.
const { createServer } = require('node:http')

const server = createServer((_, response) => response.end(`${process.pid} ${require.main === module}`))
server.listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  console.log(`cleaned up ${process.pid}`)
  process.exit()
})
// Would keep it running permanently.
setInterval(() => {}, 1000)
