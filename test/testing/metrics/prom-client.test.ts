import { expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry, register, Summary } from '../../../src/prom-client.js'
import { countSeries, expectMetrics, readValue, resetMetrics, waitForValue } from '../../../src/testing-metrics.js'

test('metrics and registries of promhive/prom-client are read, compared and reset like promhive’s own', async () => {
  const registry = new Registry()
  const registers = [registry]
  const jobs = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue', 'n'], registers })
  const open = new Gauge({ name: 'open', help: 'O.' })
  const seconds = new Histogram({ name: 'seconds', help: 'S.', buckets: [1], labelNames: ['queue'], registers })
  const bytes = new Summary({ name: 'bytes', help: 'B.', percentiles: [0.5], registers })
  registry.setDefaultLabels({ service: 'shop' })
  for (let round = 0; round < 2; round++) {
    jobs.inc({ queue: 'mail', n: 1 })
    open.set(3)
    seconds.observe({ queue: 'mail' }, 0.5)
    bytes.observe(100)
    expect(await readValue(jobs, { queue: 'mail', n: 1 })).toBe(1)
    expect(await readValue('jobs_total', { queue: 'mail' }, { registry })).toBe(1)
    expect(await readValue(open)).toBe(3)
    expect(await readValue('open', {}, { registry: register })).toBe(3)
    expect(await readValue('open')).toBe(3)
    expect(await readValue('seconds_bucket', { le: 1, service: 'shop' }, { registry })).toBe(1)
    expect(await readValue('bytes_sum', {}, { registry })).toBe(100)
    expect(await countSeries(seconds)).toBe(1)
    await waitForValue(jobs, { queue: 'mail' }, 1)
    const expected = 'jobs_total{queue="mail",n="1",service="shop"} 1'
    await expectMetrics(expected, { registry, names: ['jobs_total'] })
    resetMetrics()
    expect(await countSeries(jobs)).toBe(0)
    expect(await readValue(open)).toBe(0)
    expect(await readValue('bytes_count', {}, { registry })).toBe(0)
  }
  await expect(readValue(jobs, { queue: 'mail' })).rejects.toThrow('jobs_total has no series {queue="mail"}')
})
