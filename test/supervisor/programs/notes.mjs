// An application that sets routes and errors of its requests, without a framework and without measuring HTTP itself.
import { createServer } from 'node:http'
import { createServer as createServer2 } from 'node:http2'
import { setError, setRoute } from 'promhive/http'

class OutOfStock extends Error {}

const handle = (request, response) => {
  setRoute(request, '/orders/:id')
  if (request.url.startsWith('/orders/')) {
    setError(request, new OutOfStock('nothing left'))
    response.writeHead(500)
  }
  if (request.url === '/hang-up') {
    setError(request, new OutOfStock('nothing left'))
    response.writeHead(200).write('half')
    return setTimeout(() => request.socket.destroy(), 50)
  }
  response.end(String(process.pid))
}

createServer(handle).listen(Number(process.env.PORT), '127.0.0.1')
createServer2(handle).listen(Number(process.env.PORT2), '127.0.0.1')
