// A server that does not start while there is a certain file.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

if (existsSync(process.env.BROKEN)) throw new Error('this application does not start')
createServer((_, response) => response.end(String(process.pid))).listen(Number(process.env.PORT), '127.0.0.1')
