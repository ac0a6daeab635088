// A process of an application: creates metrics of any type in registries of any name, and executes the commands of a test.
import {
  Counter,
  configure,
  Enum,
  Gauge,
  Histogram,
  Info,
  MetricsError,
  markProcessDead,
  Registry,
  register,
  StateSet,
  Summary,
} from 'promhive'
import { Pushgateway } from 'promhive/pushgateway'
import { answer } from '../../processes/programs/stagehand.mjs'

const registries = new Map([['default', register]])
const metrics = new Map()
const children = new Map()
const collectors = new Map()

function registryOf(name) {
  let registry = registries.get(name)
  if (registry === undefined) registries.set(name, (registry = new Registry({ name })))
  return registry
}

/** The prefix of a subclass's own metrics: what a framework does with the classes. */
class ShopCounter extends Counter {
  constructor(options) {
    super({ ...options, name: `shop_${options.name}` })
  }
}

const types = { Counter, Enum, Gauge, Histogram, Info, ShopCounter, StateSet, Summary }

answer({
  make(type, { registers, ...options }) {
    const metric = new types[type]({ ...options, ...(registers && { registers: registers.map(registryOf) }) })
    metrics.set(options.name, metric)
    return metric.name
  },
  call: (name, method, ...args) => void metrics.get(name)[method](...args),
  async samples(name) {
    const { values } = await metrics.get(name).get()
    return values.map(({ labels, value }) => ({ labels, value }))
  },
  /** Holds a child permanently, as a hot path does. */
  hold: (as, name, ...labels) => void children.set(as, metrics.get(name).labels(...labels)),
  callChild: (as, method, ...args) => void children.get(as)[method](...args),
  /** Asks a child for more of its labels. */
  holdMore: (as, from, labels) => void children.set(as, children.get(from).labels(labels)),
  registry: (name, options) => void registries.set(name, new Registry(options)),
  /** One registry that shows two others. */
  merge: (name, ...from) => void registries.set(name, Registry.merge(from.map(registryOf))),
  text: (registry = 'default') => registryOf(registry).metrics(),
  async expose(accept, registry = 'default') {
    const { contentType, chunks } = await registryOf(registry).expose(accept)
    return { contentType, text: Buffer.concat(chunks).toString() }
  },
  one: (name, registry = 'default') => registryOf(registry).getSingleMetricAsString(name),
  /** A gauge that reads its value when it is scraped; `asked` counts how often. */
  pulled({ value, ...options }) {
    const given = { value, asked: 0 }
    collectors.set(options.name, given)
    given.metric = new Gauge({
      ...options,
      collect() {
        given.asked++
        this.set(given.value)
      },
    })
  },
  collector(name, run, families, registry = 'default') {
    const given = { families, asked: 0 }
    collectors.set(name, given)
    given.collector = {
      name,
      run,
      collect() {
        given.asked++
        return given.families
      },
    }
    registryOf(registry).registerCollector(given.collector)
  },
  /** CPU time and memory of the process itself. */
  processCollector() {
    register.registerCollector({
      name: 'process',
      run: 'each',
      collect: () => [
        {
          name: 'own_cpu_seconds_total',
          help: 'CPU time.',
          type: 'counter',
          values: [{ value: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6 }],
        },
        {
          name: 'own_memory_bytes',
          help: 'Resident memory.',
          type: 'gauge',
          mode: 'liveall',
          values: [{ value: process.memoryUsage.rss() }],
        },
      ],
    })
  },
  given: (name, what) => void Object.assign(collectors.get(name), what),
  asked: (name) => collectors.get(name).asked,
  /** Sends the numbers of the application to a Pushgateway with PUT; returns the status of its answer. */
  async push(url, jobName, registry = 'default') {
    const { resp } = await new Pushgateway(url, {}, registryOf(registry)).push({ jobName })
    return resp.statusCode
  },
  /** The code of the error that this throws; undefined if there is none. */
  codeOf(method, ...args) {
    try {
      if (method === 'configure') configure(...args)
      else metrics.get(args[0])[method](...args.slice(1))
    } catch (error) {
      return error instanceof MetricsError ? error.code : String(error)
    }
    return undefined
  },
  markProcessDead: (pid) => markProcessDead(pid),
})
