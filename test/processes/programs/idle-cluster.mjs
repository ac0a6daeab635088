// An application of a primary and two workers, which prints a line when all of them count.
import cluster from 'node:cluster'
import { Counter } from 'promhive'

new Counter({ name: 'starts_total', help: 'Processes started.' }).inc()
if (cluster.isPrimary) {
  let counting = 0
  cluster.on('message', () => {
    if (++counting === 2) console.log('all count')
  })
  for (let i = 0; i < 2; i++) cluster.fork()
  process.on('disconnect', () => process.exit())
} else process.send('counting')
