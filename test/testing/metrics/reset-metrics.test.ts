import { expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry, register } from '../../../src/index.js'
import { countSeries, readValue, resetMetrics } from '../../../src/testing-metrics.js'

test('resets the metrics of every registry, and leaves them and their children usable', async () => {
  const named = new Registry({ name: 'named' })
  const registries = [register, new Registry(), named, new Registry({ scope: 'process' })]
  const metrics = registries.map((registry) => {
    const registers = [registry]
    const counter = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue'], registers })
    const gauge = new Gauge({ name: 'open', help: 'O.', registers })
    const seconds = new Histogram({ name: 'seconds', help: 'S.', registers })
    return { registry, counter, child: counter.labels('mail'), gauge, seconds }
  })
  for (let round = 0; round < 2; round++) {
    for (const { child, counter, gauge, seconds } of metrics) {
      child.inc()
      counter.inc({ queue: 'sms' })
      gauge.inc(3)
      seconds.observe(1)
    }
    for (const { registry, counter, gauge } of metrics) {
      expect(await readValue(counter, { queue: 'mail' })).toBe(1)
      expect(await readValue(gauge)).toBe(3)
      expect(await readValue('seconds_count', {}, { registry })).toBe(1)
    }
    resetMetrics()
    for (const { registry, counter, gauge } of metrics) {
      expect(await countSeries(counter)).toBe(0)
      expect(await readValue(gauge)).toBe(0)
      expect(await readValue('seconds_count', {}, { registry })).toBe(0)
    }
  }
  register.clear()
})

test('leaves metrics of plug-ins that cannot be reset, and default labels, as they are', async () => {
  const registry = new Registry()
  const plugIn = {
    name: 'plug',
    help: 'P.',
    get: () => ({ name: 'plug', help: 'P.', type: 'gauge', values: [{ labels: {}, value: 1 }], aggregator: 'sum' }),
  }
  registry.registerMetric(plugIn)
  registry.setDefaultLabels({ service: 'shop' })
  resetMetrics()
  expect(await readValue('plug', { service: 'shop' }, { registry })).toBe(1)
})
