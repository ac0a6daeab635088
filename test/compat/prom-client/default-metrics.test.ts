import * as promClient from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics as collectOwn } from '../../../src/index.js'
import { collectDefaultMetrics, Registry, register } from '../../../src/prom-client.js'
import { until } from '../../helpers/processes/until.js'

// biome-ignore lint/suspicious/noExplicitAny: the values of either client
type Shown = readonly { name: string; help: string; type: any; aggregator: string; values: any[] }[]

afterEach(() => {
  register.clear()
  promClient.register.clear()
})

/** The families without those that one system has and another one has not. */
async function shownBy(client: typeof promClient, options: object): Promise<Shown> {
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry, ...options })
  return (await registry.getMetricsAsJSON()) as unknown as Shown
}

describe('collectDefaultMetrics() of the entry', () => {
  test('has the metrics of the client, in its order, with its types, labels and aggregators', async () => {
    const options = { prefix: 'app_', labels: { zone: 1 }, timeout: 5000 }
    const theirs = await shownBy(promClient, options)
    const ours = await shownBy({ Registry, collectDefaultMetrics } as unknown as typeof promClient, options)
    expect(theirs.length).toBeGreaterThan(25)
    const described = (shown: Shown) => shown.map(({ name, type, aggregator }) => ({ name, type, aggregator }))
    // It is not in the client.
    const known = ours.filter(({ name }) => name !== 'app_process_virtual_memory_max_bytes')
    expect(described(known)).toEqual(described(theirs))
    const labels = (shown: Shown, name: string) => shown.find((one) => one.name === name)?.values[0]?.labels
    for (const name of [
      'app_nodejs_version_info',
      'app_process_cpu_seconds_total',
      'app_process_resident_memory_bytes',
    ])
      expect(JSON.stringify(labels(ours, name))).toBe(JSON.stringify(labels(theirs, name)))
    expect(Object.keys(labels(ours, 'app_nodejs_heap_space_size_used_bytes'))).toEqual(['space', 'zone'])
    expect(collectDefaultMetrics.metricsList).toEqual(promClient.collectDefaultMetrics.metricsList)
  })

  test('returns nothing, and takes what the client takes', () => {
    expect(collectDefaultMetrics()).toBeUndefined()
    register.clear()
    expect(collectDefaultMetrics(null)).toBeUndefined()
    register.clear()
    for (const collect of [collectDefaultMetrics, promClient.collectDefaultMetrics]) {
      expect(() => collect(10_000 as never)).toThrow(new TypeError('config must be null, undefined, or an object'))
    }
  })

  test('throws when it is called again, as the client does', () => {
    for (const client of [{ collectDefaultMetrics, Registry }, promClient]) {
      const collect = client.collectDefaultMetrics as (options?: object) => void
      const text = 'A metric with the name process_cpu_user_seconds_total has already been registered.'
      collect()
      expect(() => collect()).toThrow(text)
      collect({ prefix: 'other_' })
      const registry = new client.Registry()
      collect({ register: registry })
      expect(() => collect({ register: registry })).toThrow(text)
    }
  })

  test("shares the metrics of promhive's own function, whichever is called first", async () => {
    collectOwn()
    collectDefaultMetrics()
    expect(() => collectDefaultMetrics()).toThrow('already been registered')
    register.clear()
    collectDefaultMetrics()
    collectOwn()
    expect(await register.metrics()).toMatch(/^process_cpu_seconds_total [\d.]+$/m)
  })

  test('measures again after the registry was cleared', async () => {
    collectDefaultMetrics()
    register.clear()
    collectDefaultMetrics()
    await until(
      () => register.metrics(),
      (text) => /^nodejs_eventloop_lag_seconds [\d.e-]+$/m.test(text),
    )
  })
})
