import { expect } from 'vitest'
import { MultiProcessFileBackend, SingleProcessBackend } from '../../../src/backend.js'
import { Counter, loadBackend, measure, Registry } from '../../../src/index.js'
import { MultiProcessRedisBackend, redis } from '../../../src/redis.js'
import { describeComparison, heldBy } from '../../helpers/documented/comparison.js'

const backends = 'test/compat/pytheus-backends.test.ts'
const own = heldBy('test/docs/examples.test.ts', 'own.mjs counts in a backend of the protocol')

describeComparison('docs/coming-from-pytheus.md', {
  '`SingleProcessBackend`, the default': () => {
    expect(loadBackend(SingleProcessBackend)).toMatchObject({ name: 'memory' })
  },
  '`MultiProcessRedisBackend`': () => {
    const options = { host: '127.0.0.1', port: 1, db: 2, password: 'x', key_prefix: 'shop', expire_key_time: 300 }
    for (const backend of [new MultiProcessRedisBackend(options), redis(options)]) {
      expect(backend).toMatchObject({ name: 'redis' })
      backend.close()
    }
    expect(() => new MultiProcessRedisBackend({ ...options, key_prefixx: 'shop' } as never)).toThrow('key_prefix')
  },
  '`MultiProcessFileBackend`, which': (stage) => {
    expect(new MultiProcessFileBackend({ dir: stage.directory() })).toBeInstanceOf(MultiProcessFileBackend)
  },
  '`load_backend(cls, config)`': heldBy('test/docs/programs.test.ts', 'the programs of the docs'),
  '`Backend(config, metric, histogram_bucket)`': own,
  '`PYTHEUS_BACKEND_CLASS`': heldBy(
    'test/docs/examples.test.ts',
    'environment.mjs counts in the directory that the configuration names',
  ),
  '`inc()`': heldBy('test/redis/outage.test.ts', 'and writers that are killed lose nothing that was acknowledged'),
  'a histogram in Redis': heldBy('test/redis/two-processes.test.ts', 'and each of them shows the sum of both'),
  'Redis is unreachable': heldBy(
    'test/redis/outage.test.ts',
    'for a while loses nothing, and the last values of the others are shown',
  ),
  'when to load the backend': heldBy(backends, 'is a class to import, and takes %s'),
  '`generate_metrics()`': async () => {
    const text = new Registry().metrics()
    expect(text).toBeInstanceOf(Promise)
    await text
  },
  'gauges of dead processes': heldBy('test/compat/python.test.ts', 'inprogress_requests: 2'),
  'two services in one Redis': heldBy('test/docs/examples.test.ts', "key_prefix: 'shop'"),
  '`required_labels`, `default_labels`': async () => {
    const registry = new Registry()
    const jobs = { name: 'jobs_total', help: 'Jobs.', labelNames: ['queue', 'shop'], registers: [registry] } as const
    new Counter({ ...jobs, requiredLabels: ['queue'], defaultLabels: { shop: 'berlin' } })
      .labels({ queue: 'mail' })
      .inc()
    expect(await registry.metrics()).toContain('jobs_total{queue="mail",shop="berlin"} 1')
  },
  'partial labels': async () => {
    const registry = new Registry()
    const jobs = new Counter({
      name: 'jobs_total',
      help: 'Jobs.',
      labelNames: ['queue', 'size'],
      registers: [registry],
    })
    jobs.labels({ queue: 'mail' }).labels({ size: 'small' }).inc()
    expect(await registry.metrics()).toContain('jobs_total{queue="mail",size="small"} 1')
  },
  'decorators that time a function': async () => {
    const registry = new Registry()
    measure(() => 1, { name: 'job', registers: [registry] })()
    expect(await registry.metrics()).toMatch(/^job_duration_seconds_count 1$/m)
  },
  'custom collectors': async () => {
    const registry = new Registry()
    const family = { name: 'pool_idle', help: 'Idle.', type: 'gauge', values: [{ labels: {}, value: 4 }] } as const
    registry.registerCollector({ name: 'pool', collect: () => [family] })
    expect(await registry.metrics()).toContain('pool_idle 4')
  },
})
