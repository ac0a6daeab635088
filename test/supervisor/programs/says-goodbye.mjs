// A server that cleans up when it is asked to end, and has nothing else to do by then.
import { createServer } from 'node:http'

const server = createServer((_, response) => response.end(String(process.pid))).listen(
  Number(process.env.PORT),
  '127.0.0.1',
)
process.on('SIGTERM', () => server.close(() => console.log(`goodbye from ${process.pid}`)))
