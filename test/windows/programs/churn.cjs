// Two workers whose series come and go, with a total that stays, while the primary scrapes all the time.
const cluster = require('node:cluster')
const { Counter, Gauge, register } = require('promhive')

const seconds = Number(process.argv[2])
const total = new Counter({ name: 'rounds_total', help: 'Rounds.' })
const session = new Gauge({ name: 'session', help: 'Sessions.', labelNames: ['id', 'text'] })
// Long enough that the file with the names of the series is rewritten at intervals.
const text = 'x'.repeat(400)

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()]
  let expected = 0
  let left = workers.length
  for (const worker of workers) {
    worker.on('message', (rounds) => (expected += rounds))
    worker.on('exit', () => left--)
  }
  const scrape = async () => {
    const body = await register.metrics()
    if (left > 0) return setImmediate(scrape)
    const [, rounds] = /^rounds_total (\d+)$/m.exec(await register.metrics())
    console.log(`rounds ${rounds} of ${expected}, sessions ${body.match(/^session\{/gm)?.length ?? 0}`)
    process.exit()
  }
  scrape()
} else {
  const until = Date.now() + seconds * 1000
  let rounds = 0
  const round = () => {
    for (let i = 0; i < 20; i++) {
      const labels = { id: `${process.pid}-${rounds}-${i}`, text }
      session.set(labels, i)
      session.remove(labels)
    }
    total.inc()
    rounds++
    if (Date.now() < until) return setImmediate(round)
    process.send(rounds, () => process.disconnect())
  }
  round()
}
