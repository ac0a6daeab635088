// What the applications have in common: workers behind one port, which the primary replaces when they are killed.
const cluster = require('node:cluster')
const { subscribe } = require('node:diagnostics_channel')

/**
 * Runs `serve(port)` in each worker, and `observe()` in the primary. A worker names itself in its answers, whichever
 * framework writes them.
 */
exports.inWorkers = (serve, observe) => {
  if (cluster.isPrimary) {
    for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork()
    cluster.on('exit', (_, code) => {
      // One that ends by itself has failed, and its successor would too.
      if (code !== null) process.exit(1)
      cluster.fork()
    })
    observe?.()
  } else {
    subscribe('http.server.request.start', ({ response }) => response.setHeader('worker', process.pid))
    serve(Number(process.env.PORT))
  }
}
