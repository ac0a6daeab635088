// A server of endless connections, which it closes when it is asked to end.
import { createServer } from 'node:net'

const sockets = new Set()
const server = createServer((socket) => {
  sockets.add(socket)
  socket.on('error', () => {})
  socket.write('hello')
}).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  console.log(`goodbye to ${sockets.size}`)
  server.close()
  for (const socket of sockets) socket.destroy()
})
