import { describe, expect, test } from 'vitest'
import { Counter } from '../../../src/metric/counter.js'
import { Gauge } from '../../../src/metric/gauge.js'
import { Histogram } from '../../../src/metric/histogram.js'
import { StateSet } from '../../../src/metric/stateset.js'
import { ProcessContext } from '../../../src/runtime/process-context.js'
import { ValueBackend } from '../../../src/store/values/value-backend.js'
import type { GeneratedSamples, ValueMetric, ValueRegistry } from '../../../src/store/values/value-protocol.js'
import { samplesOf } from '../../helpers/samples.js'

interface Number_ {
  readonly metric: ValueMetric
  readonly bucket: string | undefined
  value: number
}

/** One engine, and a class of pytheus' protocol that counts in it and returns the values of every process there. */
function engine() {
  const numbers = new Map<string, Number_>()
  return class Shared {
    readonly #number: Number_
    constructor(_config: object, metric: ValueMetric, bucket?: string) {
      const key = JSON.stringify([metric.name, metric.labels, bucket])
      if (!numbers.has(key)) numbers.set(key, { metric, bucket, value: 0 })
      this.#number = numbers.get(key)!
    }
    inc(value: number): void {
      this.#number.value += value
    }
    dec(value: number): void {
      this.#number.value -= value
    }
    set(value: number): void {
      this.#number.value = value
    }
    get(): number {
      return this.#number.value
    }
    static generateSamples(registry: ValueRegistry): GeneratedSamples {
      return new Map(
        registry.collect().map((collector) => [
          collector,
          [...numbers.values()]
            .filter(({ metric }) => metric.name === collector.name)
            .map(({ metric: { labels, type, name }, bucket, value }) => {
              if (bucket === undefined) return { labels, value }
              if (type === 'stateset') return { labels: { ...labels, [name]: bucket }, value }
              if (bucket === 'sum' || bucket === 'count') return { suffix: `_${bucket}`, labels, value }
              return { suffix: '_bucket', labels: { ...labels, le: bucket }, value }
            }),
        ]),
      )
    }
  }
}

function processOf(backendClass: ReturnType<typeof engine>) {
  const home = new ProcessContext()
  home.configure({ selfMetrics: false })
  home.useBackend(new ValueBackend(backendClass))
  const registers = [home.registry]
  const labelNames = ['queue'] as const
  return {
    home,
    jobs: new Counter({ name: 'jobs_total', help: 'J.', labelNames, registers }),
    level: new Gauge({ name: 'level', help: 'L.', labelNames, registers }),
    wait: new Histogram({ name: 'wait', help: 'W.', labelNames, buckets: [1], registers }),
    state: new StateSet({ name: 'state', help: 'S.', labelNames, states: ['on', 'off'], registers }),
    alone: new Counter({ name: 'alone_total', help: 'A.', registers }),
  }
}

describe('a backend of values', () => {
  test('shows every family from every process, whether or not it has counted in it', async () => {
    const backendClass = engine()
    const [one, two, three] = [processOf(backendClass), processOf(backendClass), processOf(backendClass)]
    one.jobs.inc({ queue: 'a' }, 3)
    one.level.set({ queue: 'a' }, 4)
    two.jobs.inc({ queue: 'b' }, 5)
    two.wait.observe({ queue: 'b' }, 0.5)
    two.state.state({ queue: 'b' }, 'on')
    for (const { home } of [one, two, three]) await home.store().flush()
    const expected = {
      'jobs_total{queue="a"}': 3,
      'jobs_total{queue="b"}': 5,
      'level{queue="a"}': 4,
      'wait_bucket{le="1",queue="b"}': 1,
      'wait_bucket{le="+Inf",queue="b"}': 1,
      'wait_sum{queue="b"}': 0.5,
      'wait_count{queue="b"}': 1,
      'state{queue="b",state="on"}': 1,
      'state{queue="b",state="off"}': 0,
      alone_total: 0,
    }
    for (const { home } of [one, two, three, one]) {
      const samples = samplesOf(await home.registry.metrics())
      expect(Object.fromEntries(Object.entries(samples).map(([name, value]) => [sorted(name), value]))).toEqual(
        expected,
      )
    }
  })
})

/** The labels of a sample in alphabetical order. */
function sorted(sample: string): string {
  return sample.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`)
}
