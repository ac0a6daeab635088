// A worker that listens, and does nothing else.
import { createServer } from 'node:http'

createServer((_, response) => response.end()).listen(0, '127.0.0.1')
