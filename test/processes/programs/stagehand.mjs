// What the programs of these tests have in common: a channel to the test, and the verbs that most of them answer to.
import { spawn } from 'node:child_process'
import { isMainThread, parentPort } from 'node:worker_threads'
import { Counter, configure, Gauge, Histogram, MetricsError, register, Summary, startMetricsServer } from 'promhive'

/** Faults that were reported to onError. */
export const faults = []
export const warnings = []
const metrics = new Map()

configure({ onError: ({ code, message, reason }) => faults.push({ code, message, reason }) })
process.on('warning', (warning) => warnings.push({ code: warning.code, message: warning.message }))

function metric(name, make) {
  let found = metrics.get(name)
  if (found === undefined) metrics.set(name, (found = make()))
  return found
}

export function counter(name, labels = {}) {
  const labelNames = Object.keys(labels)
  const made = metric(name, () => new Counter({ name, help: `${name}.`, labelNames }))
  return labelNames.length === 0 ? made : made.labels(labels)
}

export function histogram(name, labels = {}, buckets = [0.5, 1, 2]) {
  const labelNames = Object.keys(labels)
  const made = metric(name, () => new Histogram({ name, help: `${name}.`, labelNames, buckets }))
  return labelNames.length === 0 ? made : made.labels(labels)
}

export function gauge(name, mode, labels = {}) {
  const labelNames = Object.keys(labels)
  const made = metric(name, () => new Gauge({ name, help: `${name}.`, labelNames, mode }))
  return labelNames.length === 0 ? made : made.labels(labels)
}

/** Holds the event loop for so long: nothing else happens in this thread. */
export function block(milliseconds) {
  const end = Date.now() + milliseconds
  while (Date.now() < end);
}

export const verbs = {
  /** Counts `times` times; returns nothing, only that it is done. */
  count(name, labels, times = 1, amount = 1) {
    const series = counter(name, labels)
    for (let i = 0; i < times; i++) series.inc(amount)
  },
  /** Does something at the same moment as the others that got the command. */
  async at(time, verb, ...args) {
    await new Promise((resolve) => setTimeout(resolve, time - Date.now()))
    return verbs[verb](...args)
  },
  observe(name, labels, times = 1, value = 1) {
    const series = histogram(name, labels)
    for (let i = 0; i < times; i++) series.observe(value)
  },
  /** Observes each value in a summary with these options. */
  summarize(name, options, values) {
    const series = metric(name, () => new Summary({ name, help: `${name}.`, quantiles: [0.5, 0.99], ...options }))
    for (const value of values) series.observe(value)
  },
  /** Observes 2 in one for this time; returns how often. */
  async summarizeFor(milliseconds, name, options) {
    verbs.summarize(name, options, [])
    const end = Date.now() + milliseconds
    let count = 0
    while (Date.now() < end) {
      for (let i = 0; i < 1000; i++, count++) metrics.get(name).observe(2)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return count
  },
  exemplar: (name, labels, example) => counter(name, labels).inc(1, example),
  setGauge: (name, mode, value, labels) => gauge(name, mode, labels).set(value),
  /** Counts one in each of `length` series from `from` on. */
  countMany(name, from, length) {
    for (let i = from; i < from + length; i++) counter(name, { series: String(i) }).inc()
  },
  /** Increments and as many observations of 1, with gaps in which the event loop turns. */
  async countBoth(times, labels) {
    const jobs = counter('jobs_total', labels)
    const durations = histogram('duration_seconds', labels)
    for (let i = 0; i < times; i++) {
      jobs.inc()
      durations.observe(1)
      if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
    }
  },
  /** Observes 1 in each of this number of series, repeatedly for this time. */
  async observeMany(milliseconds, series) {
    const children = Array.from({ length: series }, (_, i) => histogram('many_seconds', { series: String(i) }))
    const end = Date.now() + milliseconds
    let rounds = 0
    for (; Date.now() < end; rounds++) {
      for (const child of children) child.observe(1)
      if (rounds % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return rounds
  },
  /**
   * Creates and removes series for this time, `alive` of them at once: each counts once, with an amount that identifies it.
   * Returns the number of the next one.
   */
  async churn(milliseconds, alive, prefix = '', from = 0) {
    const end = Date.now() + milliseconds
    let id = from
    for (; Date.now() < end; id++) {
      counter('churn_total', { id: `${prefix}${id}` }).inc(id * 1000 + 7)
      histogram('churn_seconds', { id: `${prefix}${id}` }).observe(id * 1000 + 7)
      if (id >= alive) {
        metrics.get('churn_total').remove({ id: `${prefix}${id - alive}` })
        metrics.get('churn_seconds').remove({ id: `${prefix}${id - alive}` })
      }
      if (id % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return id
  },
  remove: (name, labels) => metrics.get(name).remove(labels),
  reset: (name) => metrics.get(name).reset(),
  scrape: () => register.metrics(),
  json: () => register.getMetricsAsJSON(),
  configure: (options) => configure(options),
  faults: () => faults,
  warnings: () => warnings,
  async serve(options) {
    const { url, port } = await startMetricsServer(options)
    return { url, port }
  },
  block,
  /** Blocks after its answer, so that the caller knows that it is about to. */
  blockSoon(milliseconds) {
    setImmediate(() => setTimeout(() => block(milliseconds), 5))
  },
  exit(code = 0) {
    setImmediate(() => process.exit(code))
  },
  /** Starts a process that outlives this one; returns its pid. */
  spawnDetached(command, args) {
    const child = spawn(command, args, { detached: true, stdio: 'ignore' })
    child.unref()
    return child.pid
  },
  facts: () => ({ pid: process.pid, ppid: process.ppid }),
  environment: (name, value) => {
    process.env[name] = value
  },
}

/** Returns a function that sends commands to another actor of the same program: a thread, a cluster worker, a child. */
export function asking(send, listen) {
  const waiting = new Map()
  let next = 1
  let loaded
  const ready = new Promise((resolve) => {
    loaded = resolve
  })
  listen((message) => {
    if (message.ready) return loaded()
    const { resolve, reject } = waiting.get(message.id) ?? {}
    waiting.delete(message.id)
    if (message.error === undefined) resolve?.(message.value)
    else reject?.(Object.assign(new Error(message.error.message), message.error))
  })
  return async (verb, ...args) => {
    await ready
    return new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      send({ id, verb, args })
    })
  }
}

/** Answers questions with `verbs` and with the program's own. */
export function answer(own = {}) {
  const all = { ...verbs, ...own }
  const channel = parentPort ?? process
  const send = (message) => (parentPort === null ? process.send(message) : parentPort.postMessage(message))
  channel.on('message', async ({ id, verb, args = [] }) => {
    if (id === undefined) return
    let reply
    try {
      reply = { id, value: await all[verb](...args) }
    } catch (error) {
      const { message, code, reason, stack } = error
      reply = { id, error: { message: error instanceof MetricsError ? message : (stack ?? message), code, reason } }
    }
    send(reply)
  })
  // A test run that was killed leaves no process behind.
  if (isMainThread) process.on('disconnect', () => process.exit())
  send({ ready: true })
}
