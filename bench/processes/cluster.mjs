// A primary and its workers, which count the same series; the primary scrapes. One library, one size.
import cluster from 'node:cluster'
import { LoopProbe } from '../loop-probe.mjs'
import { Totals } from '../totals.mjs'

const { library, series, workers, scrapes, blockedMs } = JSON.parse(process.argv[2])
const { Counter, Histogram, joinCluster } = await import(`../libraries/${library}.mjs`)

const requestsName = 'bench_requests_total'
const durationName = 'bench_duration_seconds'
const observationsName = `${durationName}_count`
const probe = new LoopProbe()

if (cluster.isPrimary) await primary()
else worker()

async function primary() {
  const registry = joinCluster()
  cluster.setupPrimary({ execArgv: ['--expose-gc'] })
  const all = Array.from({ length: workers }, () => cluster.fork())
  for (const each of all) {
    each.once('exit', (code, signal) => {
      if (each.exitedAfterDisconnect) return
      console.error(`a worker ended with ${signal ?? code}`)
      process.exit(1)
    })
  }
  await answers(all)
  const started = await ask(all, { question: 'build' })

  const kinds = registry.chunks === undefined ? ['metrics'] : ['metrics', 'chunks']
  const taken = Object.fromEntries(kinds.map((kind) => [kind, []]))
  const wrong = []
  for (let cycle = 0; cycle < scrapes; cycle++) {
    // In turn, so that each kind meets the garbage of the other as often.
    for (const kind of cycle % 2 === 0 ? kinds : kinds.toReversed()) {
      const counted = await ask(all, { question: 'count', cycle })
      await rest()
      await ask(all, { question: 'watch' })
      const scrape = await scrapeOnce(registry, kind, counted, wrong)
      const watched = await ask(all, { question: 'watched' })
      scrape.workerHeld = Math.max(...watched.map(({ held }) => held))
      scrape.workerCpu = watched.reduce((sum, { cpu }) => sum + cpu, 0)
      taken[kind].push(scrape)
    }
  }
  const counted = await ask(all, { question: 'block', cycle: scrapes, ms: blockedMs })
  await rest()
  const blocked = await scrapeOnce(registry, 'metrics', counted, wrong)
  const workerPeaks = await ask(all, { question: 'peak' })
  for (const each of all) each.disconnect()
  await Promise.all(all.map((each) => each.isDead() || new Promise((resolve) => each.once('exit', resolve))))
  console.log(
    JSON.stringify({
      taken,
      blocked,
      wrong,
      peak: peakMemory(),
      workerPeak: Math.max(...workerPeaks),
      workerGrowth: started.reduce((sum, { growth }) => sum + growth, 0) / workers,
    }),
  )
  process.exit()
}

async function scrapeOnce(registry, kind, counted, wrong) {
  const { body, ...scrape } = await timed(() => registry[kind]())
  if (body === undefined) return scrape
  const totals = Totals.of(body, [requestsName, observationsName])
  const expected = {
    [requestsName]: counted.reduce((sum, each) => sum + each.requests, 0),
    [observationsName]: counted.reduce((sum, each) => sum + each.observations, 0),
  }
  for (const [name, sum] of Object.entries(expected)) {
    if (totals.of(name) !== sum) wrong.push(`${kind}(): ${name}: counted ${sum}, read ${totals.of(name)}`)
  }
  return { ...scrape, bytes: totals.bytes, lines: totals.lines }
}

/** What is measured is the scrape, and not the counting before it. */
function rest() {
  return new Promise((resolve) => setTimeout(resolve, 30))
}

/** A peer gives up after 5 s: that is a figure too, and no reason to end. */
async function timed(scrape) {
  probe.start()
  const start = performance.now()
  try {
    const body = await scrape()
    return { body, ms: performance.now() - start, held: probe.stop() }
  } catch (error) {
    return { error: error.message, ms: performance.now() - start, held: probe.stop() }
  }
}

function worker() {
  joinCluster()
  const metrics = {}
  const counted = { requests: 0, observations: 0 }
  let cpuBefore
  const questions = {
    build() {
      metrics.requests = new Counter({
        name: requestsName,
        help: 'Requests.',
        labelNames: ['method', 'route', 'status'],
      })
      metrics.duration = new Histogram({ name: durationName, help: 'Duration.', labelNames: ['method', 'route'] })
      countOne(0)
      observeOne(0)
      // With the first series comes what the library itself needs; the figure is that of the series.
      const before = restingMemory()
      for (let i = 1; i < series; i++) countOne(i)
      for (let i = 1; i < series / 10; i++) observeOne(i)
      return { growth: restingMemory() - before }
    },
    /** Other series each time, so that no scrape finds everything as it was. */
    count({ cycle }) {
      for (let i = cycle % 10; i < series; i += 10) countOne(i)
      for (let i = cycle % 10; i < series / 10; i += 10) observeOne(i)
      return counted
    },
    /** Counts and answers, and then lets nothing in: as a long computation would. */
    block({ cycle, ms }) {
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms))
      return questions.count({ cycle })
    },
    watch() {
      probe.start(2)
      cpuBefore = process.cpuUsage()
    },
    watched() {
      const { user, system } = process.cpuUsage(cpuBefore)
      return { held: probe.stop(), cpu: (user + system) / 1000 }
    },
    peak: () => peakMemory(),
  }
  process.on('message', (message) => {
    if (message?.question !== undefined) process.send({ answer: questions[message.question](message) ?? null })
  })
  // Node 20 drops what arrives before somebody listens: the primary waits for this.
  process.send({ answer: 'listening' })

  function countOne(i) {
    const amount = 1 + (i % 3)
    metrics.requests.inc(
      { method: i % 2 === 0 ? 'GET' : 'POST', route: `/api/v1/resource/${i >> 2}`, status: `${200 + (i & 3)}` },
      amount,
    )
    counted.requests += amount
  }

  function observeOne(i) {
    metrics.duration.observe(
      { method: i % 2 === 0 ? 'GET' : 'POST', route: `/api/v1/resource/${i >> 1}` },
      (i % 13) + 0.003,
    )
    counted.observations++
  }
}

/** Asks every worker and waits for all answers. */
function ask(all, message) {
  const answered = answers(all)
  for (const each of all) each.send(message)
  return answered
}

/** The next answer of every worker. The libraries' own messages pass by. */
function answers(all) {
  return Promise.all(
    all.map(
      (each) =>
        new Promise((resolve) => {
          const listen = (reply) => {
            if (reply === null || typeof reply !== 'object' || !('answer' in reply)) return
            each.off('message', listen)
            resolve(reply.answer)
          }
          each.on('message', listen)
        }),
    ),
  )
}

function restingMemory() {
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  return process.memoryUsage().rss
}

function peakMemory() {
  return process.resourceUsage().maxRSS * 1024
}
