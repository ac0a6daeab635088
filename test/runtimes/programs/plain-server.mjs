// A server that knows nothing of promhive.
import { createServer } from 'node:http'

createServer((_, response) => response.end(String(process.pid))).listen(Number(process.env.PORT))
