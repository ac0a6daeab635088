import { expect, test } from 'vitest'
import { Counter, Histogram, register } from '../../../src/prom-client.js'
import { processContext } from '../../../src/runtime/current-context.js'

test('a scrape per worker shows labels as they were passed, and the number of the worker last', async () => {
  processContext().configure({ perWorker: true, selfMetrics: false, onError: () => {} })
  const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['zone', 'app', 'worker'] })
  jobs.inc({ zone: 'z', worker: 5, app: 'a' }, 3)
  jobs.inc({ app: 'b' })
  new Histogram({ name: 'wait', help: 'X.', buckets: [1] }).observe(2)
  const lines = (await register.metrics()).split('\n').filter((line) => /^[a-z]/.test(line))
  expect(lines).toEqual([
    'jobs_total{zone="z",exported_worker="5",app="a",worker="1"} 3',
    'jobs_total{app="b",worker="1"} 1',
    'wait_bucket{le="1",worker="1"} 0',
    'wait_bucket{le="+Inf",worker="1"} 1',
    'wait_sum{worker="1"} 2',
    'wait_count{worker="1"} 1',
  ])
  const [object] = await register.getMetricsAsJSON()
  expect(object!.values[0]!.labels).toEqual({ zone: 'z', exported_worker: 5, app: 'a', worker: '1' })
  expect((await jobs.get()).values[0]!.labels).toEqual({ zone: 'z', worker: 5, app: 'a' })
})
