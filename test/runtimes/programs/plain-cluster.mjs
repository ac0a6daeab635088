// Workers on one port that know nothing of promhive.
import cluster from 'node:cluster'
import { createServer } from 'node:http'

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork()
  cluster.on('exit', () => cluster.fork())
} else {
  createServer((_, response) => response.end(String(process.pid))).listen(Number(process.env.PORT))
}
