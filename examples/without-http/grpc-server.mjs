import { fileURLToPath } from 'node:url'
import grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Counter, Histogram } from 'promhive'
import { orders, running } from './metrics.mjs'

const handled = new Counter({
  name: 'grpc_server_handled_total',
  help: 'Finished calls.',
  labelNames: ['grpc_method', 'grpc_code'],
})
const seconds = new Histogram({
  name: 'grpc_server_handling_seconds',
  help: 'Duration of calls.',
  labelNames: ['grpc_method'],
})

/** Measures a method with one request and one response. */
function measured(grpc_method, handle) {
  return (call, callback) => {
    const stop = seconds.startTimer({ grpc_method })
    handle(call, (error, response) => {
      stop()
      handled.inc({ grpc_method, grpc_code: grpc.status[error?.code ?? grpc.status.OK] })
      callback(error, response)
    })
  }
}

const proto = loadSync(fileURLToPath(new URL('orders.proto', import.meta.url)))
const { shop } = grpc.loadPackageDefinition(proto)
const server = new grpc.Server()
server.addService(shop.Orders.service, {
  Take: measured('Take', (call, callback) => {
    if (call.request.article === '') {
      callback({ code: grpc.status.INVALID_ARGUMENT, details: 'no article' })
      return
    }
    orders.inc({ channel: 'grpc' })
    callback(null, { text: `one ${call.request.article}` })
  }),
})
const address = `127.0.0.1:${process.env.GRPC_PORT ?? 50051}`
server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error
  running.set({ kind: 'grpc' }, 1)
})
process.once('SIGTERM', () => server.tryShutdown(() => {}))
