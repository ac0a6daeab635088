import { describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

/** What a probe does for one request. */
async function probe(process: TestProcess, value: number): Promise<Record<string, number>> {
  const registry = new Registry({ scope: 'process' }, process)
  new Gauge({ name: 'probe_success', help: 'P.', registers: [registry] }).set(value)
  new Histogram({ name: 'probe_seconds', help: 'P.', registers: [registry], buckets: [1] }).observe(value)
  return shown(registry)
}

describe('a registry with scope "process"', () => {
  test('shows the counts of one request, whatever the other requests and processes count', async () => {
    const directory = freshDirectory()
    const processes = [new TestProcess(directory), new TestProcess(directory)]
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => probe(processes[i % 2]!, i)))
    for (const [i, answer] of answers.entries()) {
      expect(answer).toMatchObject({ probe_success: i, probe_seconds_sum: i, probe_seconds_count: 1 })
    }
    const elsewhere = processes[0]!.registry
    expect(await elsewhere.metrics()).not.toContain('probe')
  })

  test('is released with all its counts', async () => {
    const process_ = new TestProcess()
    const gone: WeakRef<Registry>[] = []
    for (let request = 0; request < 20; request++) {
      const registry = new Registry({ scope: 'process' }, process_)
      new Counter({ name: 'c_total', help: 'C.', registers: [registry] }).inc()
      new Gauge({ name: 'g', help: 'G.', registers: [registry], collect() {} }).set(1)
      await registry.metrics()
      gone.push(new WeakRef(registry))
    }
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    for (let turn = 0; turn < 10; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      collectGarbage()
    }
    expect(gone.filter((registry) => registry.deref() !== undefined).length).toBeLessThan(3)
  })

  test('shares no metric with another registry', () => {
    const process_ = new TestProcess()
    const apart = new Registry({ scope: 'process' }, process_)
    const shared = new Registry({}, process_)
    const both = () => new Counter({ name: 'both_total', help: 'B.', registers: [shared, apart] })
    expect(faultOf(both)).toMatch(/^REGISTER_INVALID: both_total: a registry with scope "process" shows only metrics/)
    expect(faultOf(() => new Registry({ scope: 'request' as never }, process_))).toMatch(
      /^OPTION_INVALID: registry: scope/,
    )
  })

  test('counts, removes and resets as any other', async () => {
    const registry = new Registry({ scope: 'process', prefix: 'my_' }, new TestProcess())
    const counter = new Counter({ name: 'c_total', help: 'C.', labelNames: ['a'], registers: [registry] })
    counter.inc({ a: '1' })
    counter.inc({ a: '2' }, 2)
    counter.remove('1')
    expect(await shown(registry)).toEqual({ 'my_c_total{a="2"}': 2 })
    expect((await counter.get()).values).toEqual([{ labels: { a: '2' }, value: 2 }])
    registry.resetMetrics()
    expect(await shown(registry)).toEqual({})
  })
})
