import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import * as backend from '../src/backend.js'
import * as etcd from '../src/etcd.js'
import * as express from '../src/express.js'
import * as fastify from '../src/fastify.js'
import * as hono from '../src/hono.js'
import * as http from '../src/http.js'
import * as main from '../src/index.js'
import * as koa from '../src/koa.js'
import * as nestjs from '../src/nestjs.js'
import * as next from '../src/next.js'
import * as otlp from '../src/otlp.js'
import * as pushgateway from '../src/pushgateway.js'
import * as python from '../src/python.js'
import * as redis from '../src/redis.js'
import * as redisForwarder from '../src/redis-forwarder.js'
import * as remoteWrite from '../src/remote-write.js'
import * as statsd from '../src/statsd.js'
import * as supervisor from '../src/supervisor.js'
import * as targets from '../src/targets.js'
import * as testing from '../src/testing.js'
import * as kit from '../src/testing-metrics.js'
import * as textFile from '../src/text-file.js'
import * as uwsgi from '../src/uwsgi.js'
import { root } from './helpers/source-imports.js'

/** A call with the misspelt option `given`, and the option that was meant. */
type Call = readonly [what: string, given: object, meant: string, call: (options: never) => unknown]

class Kept extends backend.SnapshotBackend {
  readonly name = 'kept'
  protected publish(): void {}
  protected readAll(): Uint8Array[] {
    return []
  }
}

const metric = { name: 'misspelt', help: 'Never made.' }
const counter = new main.Counter({ name: 'spelt_total', help: 'Spelt.', labelNames: ['a'], registers: [] })
const certificates = { certfile: '/cert.pem', keyfile: '/key.pem' }
const gateway = 'http://127.0.0.1:9'
const framework = { describe, test } as never

/** Every export that takes options, by door and name: each with one that is misspelt, and further ones of other kinds. */
const calls: Readonly<Record<string, readonly Call[]>> = {
  'promhive Counter': [
    ['the constructor', { ...metric, labels: ['x'] }, 'labelNames', (o) => new main.Counter(o)],
    ['the constructor', { ...metric, labelnames: ['x'] }, 'labelNames', (o) => new main.Counter(o)],
    ['the constructor', { name: 'x_total', hlep: 'x' }, 'help', (o) => new main.Counter(o)],
    ['remove', { scop: 'process' }, 'scope', (o) => counter.remove({ a: 'x' }, o)],
    ['removeByLabels', { Scope: 'process' }, 'scope', (o) => counter.removeByLabels({ a: 'x' }, o)],
    ['clear', { scopes: 'process' }, 'scope', (o) => counter.clear(o)],
    ['reset', { scop: 'process' }, 'scope', (o) => counter.reset(o)],
  ],
  'promhive Gauge': [
    ['the constructor', { ...metric, multiproces_mode: 'max' }, 'multiprocess_mode', (o) => new main.Gauge(o)],
    ['the constructor', { ...metric, moed: 'max' }, 'mode', (o) => new main.Gauge(o)],
  ],
  'promhive Histogram': [['the constructor', { ...metric, bucket: [1] }, 'buckets', (o) => new main.Histogram(o)]],
  'promhive Summary': [['the constructor', { ...metric, quantile: [0.5] }, 'quantiles', (o) => new main.Summary(o)]],
  'promhive Info': [['the constructor', { ...metric, label_names: ['x'] }, 'labelNames', (o) => new main.Info(o)]],
  'promhive StateSet': [['the constructor', { ...metric, state: ['a'] }, 'states', (o) => new main.StateSet(o)]],
  'promhive Registry': [
    ['the constructor', { nmae: 'x' }, 'name', (o) => new main.Registry(o)],
    [
      'registerCollector',
      { name: 'x', rnu: 'each', collect: () => [] },
      'run',
      (o) => main.register.registerCollector(o),
    ],
    ['registerCollector', { name: 'x', colect: () => [] }, 'collect', (o) => main.register.registerCollector(o)],
  ],
  'promhive configure': [['', { dri: '/tmp/x' }, 'dir', (o) => main.configure(o)]],
  'promhive explain': [['', { wrokers: 8 }, 'workers', (o) => main.explain(main.register, o)]],
  'promhive startMetricsServer': [
    ['', { prot: 0 }, 'port', (o) => main.startMetricsServer(o)],
    ['tls', { ...certificates, certFile: 'x' }, 'certfile', (tls) => main.startMetricsServer({ port: 0, tls })],
    ['tls', { ...certificates, clientCaFile: 'x' }, 'clientCafile', (tls) => main.startMetricsServer({ port: 0, tls })],
  ],
  'promhive collectDefaultMetrics': [['', { prefx: 'x_' }, 'prefix', (o) => main.collectDefaultMetrics(o)]],
  'promhive measure': [['', { name: 'x', lables: {} }, 'labels', (o) => main.measure(() => {}, o)]],
  'promhive loadBackend': [['', { key_prefx: 'x' }, 'keyPrefix', (o) => main.loadBackend(redis.redis, o)]],
  'promhive/backend SnapshotBackend': [['', { folder: 'x', flushevery: 1 }, 'flushEvery', (o) => new Kept(o)]],
  'promhive/backend MultiProcessFileBackend': [
    ['', { dirr: '/tmp/x' }, 'dir', (o) => new backend.MultiProcessFileBackend(o)],
  ],
  'promhive/express httpMetrics': [['', { bucktes: [1] }, 'buckets', (o) => express.httpMetrics(o)]],
  'promhive/fastify httpMetrics': [
    ['', { prefix: '/x', maxroutes: 1 }, 'maxRoutes', (o) => Fastify().register(fastify.httpMetrics, o)],
  ],
  'promhive/koa httpMetrics': [['', { ignroe: () => true }, 'ignore', (o) => koa.httpMetrics(o)]],
  'promhive/hono httpMetrics': [['', { name: 'prometheus' }, 'names', (o) => hono.httpMetrics(o)]],
  'promhive/nestjs httpMetrics': [['', { routes: () => '/' }, 'route', (o) => nestjs.httpMetrics(o)]],
  'promhive/nestjs HttpMetricsInterceptor': [
    ['', { maxRoute: 1 }, 'maxRoutes', (o) => new nestjs.HttpMetricsInterceptor(o)],
  ],
  'promhive/next httpMetrics': [['', { directroy: '.next' }, 'directory', (o) => next.httpMetrics(o)]],
  'promhive/http instrumentHttp': [['', { max_hosts: 1 }, 'maxHosts', (o) => http.instrumentHttp(o)]],
  'promhive/pushgateway Pushgateway': [
    ['', { timout: 1 }, 'timeout', (o) => new pushgateway.Pushgateway(gateway, o).push({ jobName: 'x' })],
    ['', { heders: {} }, 'headers', (o) => new pushgateway.Pushgateway(gateway, o).delete({ jobName: 'x' })],
    ['a push', { job: 'x' }, 'jobName', (key) => new pushgateway.Pushgateway(gateway).pushAdd(key)],
    ['a push', { jobName: 'x', grouping: {} }, 'groupings', (key) => new pushgateway.Pushgateway(gateway).push(key)],
  ],
  'promhive/python CollectorRegistry': [['', { prefx: 'x_' }, 'prefix', (o) => new python.CollectorRegistry(o)]],
  'promhive/redis MultiProcessRedisBackend': [
    ['', { hots: 'redis' }, 'host', (o) => new redis.MultiProcessRedisBackend(o)],
  ],
  'promhive/redis redis': [
    ['', { keyPrefx: 'x' }, 'keyPrefix', (o) => redis.redis(o)],
    ['', { shard: 3 }, 'shards', (o) => redis.redis(o)],
    ['', { readfrom: 'x' }, 'readFrom', (o) => redis.redis(o)],
    ['tls', { cafile: '/ca.pem' }, 'caFile', (tls) => redis.redis({ url: 'rediss://redis', tls })],
  ],
  'promhive/redis-forwarder startRedisForwarder': [
    ['', { enabled: false, key_prefix: 'x' }, 'keyPrefix', (o) => redisForwarder.startRedisForwarder(o)],
  ],
  'promhive/supervisor supervise': [
    ['', { wrokers: 2 }, 'workers', (o) => supervisor.supervise(o)],
    ['', { exce: 'x.js' }, 'exec', (o) => supervisor.supervise(o)],
    ['hooks', { workerExitd: () => {} }, 'workerExited', (hooks) => supervisor.supervise({ hooks })],
  ],
  'promhive/supervisor observe': [['', { prot: 1 }, 'port', (o) => supervisor.observe(o)]],
  'promhive/supervisor EnvironmentManager': [
    ['updateFromCli', { worker: 2 }, 'workers', (o) => new supervisor.EnvironmentManager().updateFromCli(o, {})],
  ],
  'promhive/supervisor MetricsServerManager': [
    ['startServer', { port: 0, paht: '/' }, 'path', (o) => new supervisor.MetricsServerManager().startServer(o)],
  ],
  'promhive/targets startWorkerTarget': [['', { prots: 0 }, 'ports', (o) => targets.startWorkerTarget(o)]],
  'promhive/testing backendConformance': [
    ['', { create: () => {}, support: {} }, 'supports', (o) => testing.backendConformance('x', o, framework)],
    [
      'supports',
      { exemplar: true },
      'exemplars',
      (supports) => testing.backendConformance('x', { create: () => () => ({}) as never, supports }, framework),
    ],
  ],
  'promhive/testing valueBackendConformance': [
    ['', { backendclass: {}, config: {} }, 'backendClass', (o) => testing.valueBackendConformance('x', o, framework)],
  ],
  'promhive/testing/metrics readValue': [['', { mising: 0 }, 'missing', (o) => kit.readValue(counter, { a: 'x' }, o)]],
  'promhive/testing/metrics countSeries': [['', { registery: 0 }, 'registry', (o) => kit.countSeries(counter, {}, o)]],
  'promhive/testing/metrics expectMetrics': [['', { name: ['x'] }, 'names', (o) => kit.expectMetrics('', o)]],
  'promhive/testing/metrics waitForValue': [
    ['', { timout: 1 }, 'timeout', (o) => kit.waitForValue(counter, 1, o)],
    ['', { timeOut: 1 }, 'timeout', (o) => kit.waitForValue(counter, { a: 'x' }, 1, o)],
  ],
  'promhive/etcd announceTarget': [
    ['', { url: 'http://127.0.0.1:1', tttl: 1 }, 'ttl', (o) => etcd.announceTarget(o)],
    [': tls', { url: 'http://127.0.0.1:1', tls: { cafile: 'x' } }, 'caFile', (o) => etcd.announceTarget(o)],
  ],
  'promhive/statsd startStatsd': [['', { adress: 'localhost' }, 'address', (o) => statsd.startStatsd(o)]],
  'promhive/otlp startOtlp': [['', { endpont: 'http://127.0.0.1:1' }, 'endpoint', (o) => otlp.startOtlp(o)]],
  'promhive/remote-write startRemoteWrite': [
    ['', { url: 'http://127.0.0.1:1', intervl: 1 }, 'interval', (o) => remoteWrite.startRemoteWrite(o)],
  ],
  'promhive/text-file startTextFile': [
    ['', { path: '/run/x.prom', intervl: 1 }, 'interval', (o) => textFile.startTextFile(o)],
  ],
  'promhive/uwsgi uwsgiCollector': [['', { url: 'tcp://127.0.0.1:1' }, 'uri', (o) => uwsgi.uwsgiCollector(o)]],
  'promhive/uwsgi uwsgiProbe': [['', { timout: 1 }, 'timeout', (o) => uwsgi.uwsgiProbe(o)]],
}

/** Exports without options, each with its kind or its parameters. */
const without: Readonly<Record<string, string>> = {
  'promhive Enum': 'StateSet',
  'promhive MetricsError': 'an error',
  'promhive exponentialBuckets': 'numbers',
  'promhive linearBuckets': 'numbers',
  'promhive markProcessDead': 'a pid',
  'promhive openMetricsContentType': 'a text',
  'promhive prometheusContentType': 'a text',
  'promhive register': 'a registry',
  'promhive/backend MemoryBackend': 'nothing',
  'promhive/backend MemoryStore': 'numbers',
  'promhive/backend MetricsError': 'an error',
  'promhive/backend SeriesLog': 'nothing',
  'promhive/backend SingleProcessBackend': 'any configuration, as in pytheus',
  'promhive/backend ValueBackend': "a class, and that class's own configuration",
  'promhive/express errorMetrics': 'nothing',
  'promhive/http setError': 'a request and an error',
  'promhive/http setRoute': 'a request and a text',
  'promhive/python CONTENT_TYPE_LATEST': 'a text',
  'promhive/python Counter': 'that of promhive',
  'promhive/python Enum': 'that of promhive',
  'promhive/python Gauge': 'that of promhive',
  'promhive/python Histogram': 'that of promhive',
  'promhive/python Info': 'that of promhive',
  'promhive/python MultiProcessCollector': 'a registry and a path',
  'promhive/python MultiProcessFileBackend': 'that of promhive/backend',
  'promhive/python MultiProcessRedisBackend': 'that of promhive/redis',
  'promhive/python REGISTRY': 'a registry',
  'promhive/python SingleProcessBackend': 'that of promhive/backend',
  'promhive/python Summary': 'that of promhive',
  'promhive/python generateLatest': 'a registry',
  'promhive/python generate_latest': 'a registry',
  'promhive/python loadBackend': 'that of promhive',
  'promhive/python load_backend': 'that of promhive',
  'promhive/python mark_process_dead': 'a pid',
  'promhive/python multiprocess': 'a namespace',
  'promhive/supervisor HookContext': 'what a hook is called with',
  'promhive/supervisor HookManager': 'a logger',
  'promhive/supervisor ProcessManager': 'a logger',
  'promhive/supervisor WorkerManager': 'a logger',
  'promhive/supervisor defaultOnExit': 'a supervisor',
  'promhive/supervisor defaultOnStarting': 'a supervisor',
  'promhive/supervisor defaultPostFork': 'a supervisor and a worker',
  'promhive/supervisor defaultWhenReady': 'a supervisor',
  'promhive/supervisor defaultWorkerInt': 'a worker',
  'promhive/supervisor redisWhenReady': 'a supervisor',
  'promhive/testing backendCases': 'a list',
  'promhive/testing/metrics resetMetrics': 'nothing',
  'promhive/testing/metrics shareWithChildren': 'nothing',
}

const doors: Readonly<Record<string, object>> = {
  '.': main,
  './backend': backend,
  './express': express,
  './fastify': fastify,
  './hono': hono,
  './http': http,
  './koa': koa,
  './nestjs': nestjs,
  './next': next,
  './pushgateway': pushgateway,
  './python': python,
  './redis': redis,
  './redis-forwarder': redisForwarder,
  './supervisor': supervisor,
  './targets': targets,
  './testing': testing,
  './testing/metrics': kit,
  './etcd': etcd,
  './statsd': statsd,
  './otlp': otlp,
  './remote-write': remoteWrite,
  './text-file': textFile,
  './uwsgi': uwsgi,
  // Imported for its side effects; it exports nothing.
  './register': {},
  './prom-client/register': {},
}

/** Doors that accept what another client accepts: unknown options too. */
const ofClients = /^\.\/(?:prom-client|prometheus-io)(?!\/register$)/

describe('the table', () => {
  test('knows every door of the package', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const all = Object.keys(manifest.exports).filter((door) => door !== './package.json' && !ofClients.test(door))
    expect(Object.keys(doors).sort()).toEqual(all.sort())
  })

  test('has every export: with a misspelt option, or with its parameters', () => {
    const exported = Object.entries(doors).flatMap(([door, module]) =>
      Object.keys(module).map((name) => `promhive${door.slice(1)} ${name}`),
    )
    expect(exported.sort()).toEqual([...Object.keys(calls), ...Object.keys(without)].sort())
  })
})

describe('a misspelt option is refused by', () => {
  const rows = Object.entries(calls).flatMap(([name, all]) => all.map((call) => [name, ...call] as const))
  test.each(rows)('%s %s: %j', async (_, __, given, meant, call) => {
    const fault = await attempt(() => call(given as never))
    expect(fault).toMatchObject({ code: 'OPTION_INVALID' })
    expect(String(fault)).toMatch(new RegExp(`there is no (?:option|hook) ".*did you mean "${meant}"\\?`))
  })
})

describe('what code for prom-client passes is accepted by', () => {
  // What the plug-ins pass: fastify-metrics, prometheus-api-metrics, express-prom-bundle.
  const registers = [new main.Registry({ scope: 'process' })]
  test.each([
    ['Counter', () => new main.Counter({ ...metric, registers, aggregator: 'sum', enableExemplars: true } as never)],
    ['Gauge', () => new main.Gauge({ ...metric, registers: [], aggregator: 'average', enableExemplars: false })],
    ['Histogram', () => new main.Histogram({ ...metric, registers: [], aggregator: 'sum' } as never)],
    [
      'Summary',
      () =>
        new main.Summary({
          ...metric,
          registers: [],
          percentiles: [0.5],
          maxAgeSeconds: 600,
          ageBuckets: 5,
          pruneAgedBuckets: true,
          compressCount: 1000,
        } as never),
    ],
    [
      'collectDefaultMetrics',
      () =>
        main.collectDefaultMetrics({
          register: registers[0],
          enabled: true,
          timeout: 5000,
          timestamps: false,
        } as never),
    ],
    ['Registry', () => new main.Registry('text/plain; version=0.0.4; charset=utf-8' as never)],
  ])('%s', async (_, call) => {
    expect(await attempt(call)).toBeUndefined()
  })
})

describe('names of pytheus and of Python’s client', () => {
  test('are the mode of a gauge', async () => {
    const registry = new main.Registry({ scope: 'process' })
    const gauge = new main.Gauge({ name: 'python', help: 'P.', multiprocess_mode: 'liveall', registers: [registry] })
    gauge.set(1)
    expect(gauge.family).toMatchObject({ mode: 'liveall' })
    expect(() => new main.Gauge({ ...metric, multiprocess_mode: 'maxx' as never, registers: [registry] })).toThrow(
      'mode "maxx" is none of',
    )
  })
})

async function attempt(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (fault) {
    return fault
  }
}
