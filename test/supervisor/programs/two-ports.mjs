// Listens on two ports, the second one late; and fails at the next start on request.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

if (existsSync(process.env.BROKEN)) throw new Error('a broken deploy')
const answer = (_, response) => response.end(String(process.pid))
createServer(answer).listen(Number(process.env.PORT), '127.0.0.1')
setTimeout(() => createServer(answer).listen(Number(process.env.SECOND_PORT), '127.0.0.1'), 700)
