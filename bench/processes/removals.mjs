// What removing series costs the process that does it, others that have them too (one idle, one that counts meanwhile), and
// one that reads them.
import { fork } from 'node:child_process'
import { LoopProbe } from '../loop-probe.mjs'

const { library, what, series, removals, role = 'caller' } = JSON.parse(process.argv[2])
const { Counter, register } = await import(`../libraries/${library}.mjs`)

const seconds = 0.3
const jobs = new Counter({
  name: 'jobs_total',
  help: 'Jobs done.',
  labelNames: ['customer', 'job'],
  ...(what === 'expire' && { expireAfter: seconds }),
})
const labels = (i) => ({ customer: `customer-${i % removals}`, job: `job-${i}` })
const count = () => {
  for (let i = 0; i < series; i++) jobs.inc(labels(i))
}
const shown = (text) => text.match(/^jobs_total/gm)?.length ?? 0

/** How long something takes, and for how long the event loop stands still over it. */
async function timed(work) {
  const probe = new LoopProbe()
  await new Promise((resolve) => setTimeout(resolve, 5))
  probe.start()
  const start = performance.now()
  const value = await work()
  const milliseconds = performance.now() - start
  await new Promise((resolve) => setTimeout(resolve, 2))
  return { milliseconds, held: probe.stop(), value }
}

const verbs = {
  remove() {
    for (let i = 0; i < removals; i++) jobs.remove(labels(i))
  },
  removeByLabels() {
    for (let i = 0; i < removals; i++) jobs.removeByLabels({ customer: `customer-${i}` })
  },
  clear: () => (jobs.clear === undefined ? jobs.reset() : jobs.clear()),
  /** The scrape that finds them idle. */
  async expire() {
    await register.metrics()
  },
}

const ticks = new Counter({ name: 'ticks_total', help: 'Counts meanwhile.' })
const counting = new LoopProbe()
let ticking
let longest = 0
const tick = () => {
  const start = performance.now()
  ticks.inc()
  longest = Math.max(longest, performance.now() - start)
}

const answers = {
  count,
  /** Counts every millisecond, as requests do. */
  countOn() {
    counting.start()
    ticking = setInterval(tick, 1)
  },
  /** The longest time for which the event loop stood still since then, and the longest of its counts. */
  async countNoMore() {
    await new Promise((resolve) => setTimeout(resolve, 300))
    clearInterval(ticking)
    return { held: counting.stop(), longest }
  },
  /** One more count: whoever counts after a removal carries it out first. */
  countOnce: () => timed(() => jobs.inc({ customer: 'kept', job: 'kept' })),
  scrape: () => timed(async () => shown(await register.metrics())),
}

if (role !== 'caller') {
  process.on('message', async (verb) => process.send((await answers[verb]()) ?? {}))
  process.on('disconnect', () => process.exit())
  process.send({})
} else await call()

async function call() {
  const shares = process.env.PROMHIVE_DIR !== undefined
  const others = shares ? await Promise.all(['writer', 'reader', 'counting'].map(begin)) : []
  const [writer, reader, busy] = others
  count()
  await busy?.ask('count')
  await writer?.ask('count')
  await reader?.ask('scrape')
  await register.metrics()
  await busy?.ask('countOn')
  if (what === 'expire') await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 50))
  const caller = await timed(verbs[what])
  const read = reader ? await reader.ask('scrape') : await answers.scrape()
  const written = await writer?.ask('countOnce')
  const counted = await busy?.ask('countNoMore')
  const left = shown(await register.metrics())
  const expected = written === undefined ? 0 : 1
  const wrong = read.value === 0 && left === expected ? [] : [`${read.value} series read, ${left} left`]
  for (const other of others) other.child.kill()
  console.log(JSON.stringify({ caller, read, written, counted, wrong }))
  process.exit()
}

async function begin(name) {
  const child = fork(process.argv[1], [JSON.stringify({ library, what, series, removals, role: name })])
  const next = () =>
    new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error(`the ${name} ended`)))
    })
  await next()
  return {
    child,
    ask(verb) {
      const answered = next()
      child.send(verb)
      return answered
    },
  }
}
