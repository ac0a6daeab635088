import { describe, expect, test } from 'vitest'
import { ValueBackend } from '../../../src/store/values/value-backend.js'
import type { ValueMetric, ValueRegistry } from '../../../src/store/values/value-protocol.js'
import { Participant } from '../../../src/testing/conformance.js'
import { counterOf, gaugeOf, histogramOf, summaryOf } from '../../../src/testing/counted.js'
import { counterFamily, jobs, key, lately, seconds } from '../../../src/testing/families.js'
import { valueBackendConformance } from '../../../src/testing.js'
import { noPause } from '../../helpers/writers.js'

const calls = { ...jobs, name: 'calls_total' }

interface Config {
  readonly numbers: Map<string, number>
  failing?: boolean
}

/** The smallest class of the protocol, which answers at once. */
class Numbers {
  private readonly key: string
  constructor(
    private readonly config: Config,
    { name, labels }: ValueMetric,
    bucket?: string,
  ) {
    this.key = JSON.stringify([name, labels, bucket])
  }
  inc(value: number): void {
    if (this.config.failing) throw new Error('full')
    this.config.numbers.set(this.key, this.get() + value)
  }
  dec(value: number): void {
    this.inc(-value)
  }
  set(value: number): void {
    this.config.numbers.set(this.key, value)
  }
  get(): number {
    if (this.config.failing) throw new Error('full')
    return this.config.numbers.get(this.key) ?? 0
  }
}

valueBackendConformance(
  'the smallest class',
  { backendClass: () => Numbers, config: () => ({ numbers: new Map() }) },
  { describe, test },
)

const begin = (config: Config): Participant => new Participant(new ValueBackend(Numbers, config as never))

describe('a backend of values', () => {
  test('sends a number again that the engine did not take, and only that', async () => {
    const config: Config = { numbers: new Map() }
    const process = begin(config)
    counterOf(process, jobs, key('a')).inc(3)
    await process.flush()
    config.failing = true
    counterOf(process, jobs, key('a')).inc(4)
    await process.flush()
    expect(process.faults.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'FLUSH_FAILED Numbers could not take what was counted: it is sent again (full)',
    ])
    // The last good numbers serve meanwhile.
    const shown = await process.read()
    expect(shown.errors.map(({ code }) => code)).toEqual(['READ_FAILED'])
    config.failing = false
    expect((await process.flushAndRead()).value('jobs_total{text="a"}')).toBe(7)
    await process.end()
  })

  test('shares the sum and the count of a summary with a sliding window; its quantiles are not numbers', async () => {
    const config: Config = { numbers: new Map() }
    const [one, two] = [begin(config), begin(config)]
    for (const process of [one, two]) {
      summaryOf(process, lately, key('a')).observe(3)
      await process.flush()
    }
    const shown = await one.flushAndRead()
    expect(shown.value('lately_seconds_sum{text="a"}')).toBe(6)
    expect(shown.value('lately_seconds_count{text="a"}')).toBe(2)
    expect(shown.value('lately_seconds{quantile="0.5",text="a"}')).toBeNaN()
    for (const process of [one, two]) await process.end()
  })

  test('takes what lived with a process out of the sums when it leaves, and keeps the rest', async () => {
    const config: Config = { numbers: new Map() }
    const [one, two] = [begin(config), begin(config)]
    for (const process of [one, two]) {
      counterOf(process, jobs, key('a')).inc(1)
      gaugeOf(process, 'level', 'livesum', key('a')).set(5)
      gaugeOf(process, 'stock', 'sum', key('a')).set(5)
      await process.flush()
    }
    await two.backend.close?.()
    const shown = await one.flushAndRead()
    expect(shown.value('jobs_total{text="a"}')).toBe(2)
    expect(shown.value('level{text="a"}')).toBe(5)
    expect(shown.value('stock{text="a"}')).toBe(10)
    await one.end()
  })

  test('removes a process’s part, or all of a series', async () => {
    const config: Config = { numbers: new Map() }
    const [one, two] = [begin(config), begin(config)]
    for (const process of [one, two]) {
      for (const text of ['a', 'b']) histogramOf(process, seconds, key(text)).observe(5)
      await process.flush()
    }
    one.store.remove(seconds, { text: 'a' }, 'process')
    one.store.remove(seconds, { text: 'b' }, 'application')
    await one.flush()
    expect((await two.flushAndRead()).labelled('duration_seconds_count')).toEqual({ 'text="a"': 1, 'text="b"': 0 })
    histogramOf(one, seconds, key('b')).observe(5)
    await one.flush()
    expect((await two.flushAndRead()).value('duration_seconds_count{text="b"}')).toBe(1)
    for (const process of [one, two]) await process.end()
  })

  test('begins when its class does: earlier counts are sent then', async () => {
    const config = { numbers: new Map(), ready: false }
    class Late extends Numbers {
      static async initialize(options: { ready: boolean }): Promise<void> {
        if (!options.ready) throw new Error('not yet')
      }
    }
    const process = new Participant(new ValueBackend(Late, config))
    counterOf(process, jobs, key('a')).inc(3)
    await process.flush()
    expect(process.faults.at(-1)?.message).toContain('not yet')
    config.ready = true
    expect((await process.flushAndRead()).value('jobs_total{text="a"}')).toBe(3)
    await process.end()
  })

  test('is refused when its class cannot be initialised', () => {
    class Refusing extends Numbers {
      static initialize(): void {
        throw new Error('no password')
      }
    }
    const backend = new ValueBackend(Refusing, {})
    expect(() => backend.begin({ onError() {}, onRemoved() {} })).toThrow(
      expect.objectContaining({ code: 'BACKEND_CONFIG_INVALID', message: expect.stringContaining('no password') }),
    )
    const nameless = [
      class extends Numbers {
        static initialize(): void {
          throw new Error('no password')
        }
      },
    ]
    expect(() => new ValueBackend(nameless[0]!, {}).begin({ onError() {}, onRemoved() {} })).toThrow(
      /^the backend class could not be initialised/,
    )
  })

  test('reports that a reading is incomplete until the engine was read once, and shows its own counts', async () => {
    const config: Config = { numbers: new Map() }
    const [one, two] = [begin(config), begin(config)]
    counterOf(two, jobs, key('b')).inc(2)
    await two.flush()
    config.failing = true
    counterOf(one, jobs, key('a')).inc(1)
    const source = one.backend.openSource()
    expect((await source.read(noPause)).incomplete).toMatchObject({ code: 'READ_FAILED' })
    config.failing = false
    expect((await source.read(noPause)).incomplete).toBeUndefined()
    config.failing = true
    counterOf(one, calls, key('c')).inc(5)
    const reading = await one.read()
    expect(reading.value('jobs_total{text="a"}')).toBe(1)
    expect(reading.value('calls_total{text="c"}')).toBe(5)
    config.failing = false
    for (const process of [one, two]) await process.end()
  })

  test('asks for every family that the process has defined, counted or not', async () => {
    const asked: string[][] = []
    class Generating extends Numbers {
      static generateSamples(registry: ValueRegistry) {
        asked.push(registry.collect().map(({ name }) => name))
        return Object.fromEntries(
          registry.collect().map(({ name }) => [name, [{ suffix: '', labels: { text: 'elsewhere' }, value: 9 }]]),
        )
      }
    }
    const process = new Participant(new ValueBackend(Generating, { numbers: new Map() }))
    process.store.declare?.(jobs)
    expect((await process.read()).value('jobs_total{text="elsewhere"}')).toBe(9)
    expect(asked).toEqual([['jobs_total']])
    await process.end()
  })

  test('shows the samples of generateSamples, by collector or by name, in pytheus’ shape', async () => {
    class Generating extends Numbers {
      static generateSamples() {
        return {
          jobs_total: [{ suffix: '', labels: { text: 'elsewhere' }, value: 9 }],
          duration_seconds: [
            { suffix: '_bucket', labels: { text: 'a', le: '1.0' }, value: 1 },
            { suffix: '_bucket', labels: { text: 'a', le: '10.0' }, value: 3 },
            { suffix: '_bucket', labels: { text: 'a', le: '+Inf' }, value: 4 },
            { suffix: '_count', labels: { text: 'a' }, value: 4 },
            { suffix: '_sum', labels: { text: 'a' }, value: 40.5 },
          ],
          unknown_total: [{ value: 1 }],
        }
      }
    }
    const process = new Participant(new ValueBackend(Generating, { numbers: new Map() }))
    counterOf(process, jobs, key('a')).inc(1)
    histogramOf(process, seconds, key('a')).observe(1)
    const shown = await process.flushAndRead()
    expect(shown.labelled('jobs_total')).toEqual({ 'text="elsewhere"': 9 })
    expect(Object.values(shown.labelled('duration_seconds_bucket'))).toEqual([4, 1, 3])
    expect(shown.value('duration_seconds_sum{text="a"}')).toBe(40.5)
    await process.end()
  })

  test('reads the labels that a sample has itself: one may be called constructor', async () => {
    class Generating extends Numbers {
      static generateSamples() {
        return { made_total: [{ labels: { text: 'a' }, value: 9 }] }
      }
    }
    const process = new Participant(new ValueBackend(Generating, { numbers: new Map() }))
    const family = counterFamily('made_total', { labelNames: ['constructor', 'text'] })
    counterOf(process, family, '[null,"a"]').inc(1)
    expect((await process.flushAndRead()).labelled('made_total')).toEqual({ 'text="a"': 9 })
    await process.end()
  })
})
