// Awaits promises of promhive one after the other, and has nothing else to do: node awaits.mjs <script> <url>
// Prints the name of each once it has settled. Nothing else keeps the process running.
import cluster from 'node:cluster'
import { createServer } from 'node:http'

const [script, url] = process.argv.slice(2)

async function settles(name, promise) {
  await Promise.resolve(promise).catch((error) => process.stdout.write(`(${name}: ${error.code ?? error.message}) `))
  process.stdout.write(`${name}\n`)
}

async function methods(name, object, calls) {
  for (const [method, ...args] of calls) await settles(`${name}.${method}`, object[method](...args))
}

const reads = [['metrics'], ['chunks'], ['expose'], ['getMetricsAsJSON'], ['getSingleMetricAsString', 'a_total']]
/** As long as a collection of the application takes: its timer does not keep the process running. */
const collect = () => new Promise((resolve) => setTimeout(resolve, 60).unref())

const scripts = {
  /** With a Redis that accepts connections and does not answer. */
  async redis() {
    const { configure, Counter, register, Registry } = await import('promhive')
    const { MultiProcessRedisBackend, redis } = await import('promhive/redis')
    const { startRedisForwarder } = await import('promhive/redis-forwarder')
    const short = { connectTimeout: 0.15, commandTimeout: 0.15, scrapeTimeout: 0.1, closeTimeout: 0.1 }
    const backend = redis({ url, ...short })
    configure({ backend, onError: () => {} })
    const counter = new Counter({ name: 'a_total', help: 'A.' })
    counter.inc()
    await methods('RedisMetrics', backend, [['flush']])
    await methods('Registry', register, reads)
    await methods('Counter', counter, [['get']])
    const forwarder = startRedisForwarder({ url, registry: new Registry(), connectTimeout: 0.1, commandTimeout: 0.1 })
    await methods('RedisForwarder', forwarder, [['forward'], ['stop']])
    await methods('RedisMetrics', backend, [['close']])
    const other = new MultiProcessRedisBackend({ url, ...short })
    other.begin({ onError() {}, onRemoved() {} })
    other.openStore()
    await methods('MultiProcessRedisBackend', other, [['flush'], ['close']])
  },

  /** In a directory, or in memory, with an application that takes its time. */
  async collecting() {
    const { Counter, Enum, Gauge, Histogram, Info, register, startMetricsServer, Summary } = await import('promhive')
    const { CollectorRegistry, generate_latest, generateLatest, REGISTRY } = await import('promhive/python')
    const { Pushgateway } = await import('promhive/pushgateway')
    const { SnapshotBackend, ValueBackend } = await import('promhive/backend')
    const definition = (name) => ({ name, help: name, collect })
    const states = { ...definition('states'), states: ['a'] }
    const metrics = {
      Counter: new Counter(definition('a_total')),
      Gauge: new Gauge(definition('g')),
      Histogram: new Histogram(definition('h')),
      Summary: new Summary(definition('s')),
      Info: new Info(definition('i')),
      StateSet: new Enum(states),
    }
    for (const [name, metric] of Object.entries(metrics)) await methods(name, metric, [['get']])
    await methods('register', register, reads)
    const kit = await import('promhive/testing/metrics')
    await settles('readValue', kit.readValue(metrics.Counter))
    await settles('countSeries', kit.countSeries('a_total'))
    await settles('expectMetrics', kit.expectMetrics('a_total 0', { names: ['a_total'] }))
    await settles('waitForValue', kit.waitForValue('a_total', 0))
    const collectors = new CollectorRegistry()
    new Counter({ ...definition('b_total'), registers: [collectors] })
    await methods('CollectorRegistry', collectors, reads)
    await methods('REGISTRY', REGISTRY, reads)
    await settles('generateLatest', generateLatest())
    await settles('generate_latest', generate_latest())
    const gateway = createServer((_, response) => setTimeout(() => response.end(), 30).unref())
    await new Promise((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    const pushes = new Pushgateway(`http://127.0.0.1:${gateway.address().port}`)
    gateway.unref()
    await methods(
      'Pushgateway',
      pushes,
      ['push', 'pushAdd', 'delete'].map((method) => [method, { jobName: 'j' }]),
    )
    const starting = startMetricsServer({ port: 0 })
    await settles('startMetricsServer', starting)
    await methods('MetricsServer', await starting, [['close']])
    class Kept extends SnapshotBackend {
      name = 'kept'
      publish() {
        return collect()
      }
      readAll() {
        return collect().then(() => [])
      }
    }
    await methods('SnapshotBackend', new Kept(), [['flush'], ['close']])
    function Value() {}
    Value.initialize = collect
    const values = new ValueBackend(Value)
    values.begin({ onError() {}, onRemoved() {} })
    await methods('ValueBackend', values, [['flush'], ['close']])
  },

  /** In a directory, with a collection that takes its time, and without an etcd. */
  async exporters() {
    const { Counter, explain } = await import('promhive')
    const { announceTarget } = await import('promhive/etcd')
    const { startTextFile } = await import('promhive/text-file')
    const { startWorkerTarget } = await import('promhive/targets')
    new Counter({ name: 'a_total', help: 'A.', collect })
    await settles('explain', explain())
    const path = `${process.env.PROMHIVE_DIR}-file.prom`
    const exporter = startTextFile({ path, removeAtStop: true })
    await methods('RunningExporter', exporter, [['send'], ['stop']])
    const starting = startWorkerTarget({ ports: 0 })
    await settles('startWorkerTarget', starting)
    await methods('WorkerTarget', await starting, [['close']])
    const target = announceTarget({ url: 'http://127.0.0.1:1', address: '127.0.0.1:2', job: 'a', timeout: 0.2 })
    await methods('TargetAnnouncement', target, [['stop']])
  },

  /** In a directory, with the entries of other clients. */
  async clients() {
    const gateway = createServer((_, response) => setTimeout(() => response.end(), 30).unref())
    await new Promise((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${gateway.address().port}`
    gateway.unref()
    for (const name of ['prom-client', 'prometheus-io']) {
      const client = await import(`promhive/${name}`)
      const of = (what) => `${name}/${what}`
      for (const type of ['Counter', 'Gauge', 'Histogram', 'Summary']) {
        const metric = new client[type]({ name: `${name.replace('-', '_')}_${type}`, help: type, collect })
        await methods(of(type), metric, [['get']])
      }
      const [first] = client.register.getMetricsAsArray()
      const named = ['getSingleMetricAsString', first.name]
      const all = [...reads.slice(0, -1), named, ['getMetricsAsString', first]]
      await methods(of('Registry'), client.register, all)
      await methods(of('register'), client.register, all)
      const pushes = ['push', 'pushAdd', 'delete'].map((method) => [method, { jobName: 'j' }])
      await methods(of('Pushgateway'), new client.Pushgateway(url), pushes)
      for (const type of ['AggregatorRegistry', 'ClusterRegistry', 'WorkerRegistry']) {
        if (client[type] === undefined) continue
        const registry = new client[type]()
        registry.registerMetric(first)
        const others = ['clusterMetrics', 'workerMetrics', 'shutdown'].filter((method) => method in registry)
        await methods(of(type), registry, [...all, ...others.map((method) => [method])])
      }
    }
  },

  async supervisor() {
    const doors = await import('promhive/supervisor')
    const { observe, HookManager, MetricsServerManager, ProcessManager, supervise } = doors
    const options = { port: 0, workers: 1, exec: new URL('idle-worker.mjs', import.meta.url).pathname }
    const log = { error() {}, warn() {}, info() {}, debug() {} }
    cluster.setupPrimary({ exec: options.exec })
    const worker = cluster.fork()
    await methods('WorkerManager', new doors.WorkerManager(log), [['shutdownWorker', worker, 5_000]])
    const hooks = { ready: () => collect(), stopping: () => collect() }
    const observing = observe({ port: 0, hooks, logLevel: 'error' })
    await settles('observe', observing)
    const ports = [['closeMetricsPort'], ['openMetricsPort'], ['startForwarding']]
    await methods('ClusterObserver', await observing, [['start'], ...ports, ['stop']])
    const supervising = supervise({ ...options, hooks, logLevel: 'error', signals: false })
    await settles('supervise', supervising)
    const supervisor = await supervising
    await methods('Supervisor', supervisor, [['start'], ...ports, ['reload'], ['scale', 2], ['stop'], ['kill']])
    await settles('Supervisor.done (property)', supervisor.done)
    for (const name of ['defaultWhenReady', 'redisWhenReady', 'defaultOnExit'])
      await settles(name, doors[name](supervisor))
    const hookManager = new HookManager(log)
    await methods('HookManager', hookManager, [
      ['execute', 'x', collect],
      ['safeExecute', collect],
    ])
    await methods('MetricsServerManager', new MetricsServerManager(log), [['startServer', 0], ['stopServer']])
    await methods('ProcessManager', new ProcessManager(log), [['cleanupProcesses']])
  },
}

await scripts[script]()
process.stdout.write('all\n')
