// An HTTP/2 server that knows nothing of promhive.
import { createServer } from 'node:http2'

createServer((request, response) => {
  response.statusCode = request.url === '/fail' ? 500 : 200
  response.end(request.url === '/fail' ? 'no' : String(process.pid))
}).listen(Number(process.env.PORT), '127.0.0.1')
