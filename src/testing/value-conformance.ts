import assert from 'node:assert/strict'
import { checkOptions, type OptionNames } from '../model/known-options.js'
import { ValueBackend } from '../store/values/value-backend.js'
import type { Value, ValueBackendClass, ValueMetric } from '../store/values/value-protocol.js'
import { Participant, type TestFramework } from './conformance.js'
import { counterOf, gaugeOf, histogramOf } from './counted.js'
import { counterFamily, jobs, key, seconds } from './families.js'

export interface ConformingValues {
  /** The class under test. */
  backendClass(): ValueBackendClass | Promise<ValueBackendClass>
  /** Returns a configuration with which nothing was counted yet, a new one at each call. */
  config(): Readonly<Record<string, unknown>>
}

const known = { backendClass: true, config: true } as const satisfies OptionNames<ConformingValues>

type Make = (metric: ValueMetric, bucket?: string) => Value

const metric = { name: 'jobs_total', help: 'X.', type: 'counter', labelNames: ['text'], labels: { text: 'a' } } as const

/** The requirements of pytheus' protocol for a value, one case after another. */
const ofValues: Readonly<Record<string, (make: Make) => Promise<void>>> = {
  async 'begins at 0'(make) {
    assert.equal(await make(metric).get(), 0)
  },
  async 'goes up and down, and below 0'(make) {
    const value = make(metric)
    await value.inc(2.5)
    await value.dec(4)
    assert.equal(await value.get(), -1.5)
  },
  async 'is what it was set to'(make) {
    const value = make(metric)
    await value.inc(7)
    await value.set(3)
    assert.equal(await value.get(), 3)
  },
  async 'is the same number for the same series, and another one for another'(make) {
    await make(metric).inc(1)
    await make({ ...metric, labels: { text: 'b' } }).inc(10)
    await make({ ...metric, name: 'mails_total' }).inc(100)
    await make({ ...metric, labels: {}, labelNames: [] }).inc(1000)
    assert.equal(await make(metric).get(), 1)
  },
  async 'is another number for each bucket, the sum and the count'(make) {
    const buckets = ['0.5', '1', '+Inf', 'sum', 'count']
    for (const [i, bucket] of buckets.entries()) await make({ ...metric, type: 'histogram' }, bucket).inc(i + 1)
    for (const [i, bucket] of buckets.entries()) {
      assert.equal(await make({ ...metric, type: 'histogram' }, bucket).get(), i + 1, bucket)
    }
  },
}

/**
 * What pytheus' protocol asks of a class, and what promhive makes of it: counters, gauges and histograms of several
 * processes are shown added up.
 *
 * @param name what the tests are listed under
 * @param conforming the class, and configurations to try it with
 * @param framework where the tests are registered
 * @example
 * valueBackendConformance('my values', { backendClass: () => MyValues, config: () => ({ db: next++ }) }, { describe, test })
 */
export function valueBackendConformance(
  name: string,
  conforming: ConformingValues,
  { describe, test }: TestFramework,
): void {
  checkOptions('valueBackendConformance', conforming, known)
  const { backendClass, config } = conforming
  describe(`${name} keeps the protocol of a value`, () => {
    for (const [what, run] of Object.entries(ofValues)) {
      test(what, async () => {
        const Values = await backendClass()
        const options = config() as never
        await Values.initialize?.(options)
        await run((series, bucket) => new Values(options, series, bucket))
      })
    }
    test('is shown added up over processes, in all that promhive counts with', async () => {
      const [Values, options] = [await backendClass(), config()]
      const processes = [1, 2].map(() => new Participant(new ValueBackend(Values, options)))
      try {
        for (const [i, process] of processes.entries()) await count(process, i + 1)
        for (const process of processes) await assertCounted(process)
      } finally {
        for (const process of processes) await process.end()
      }
    })
  })
}

async function count(process: Participant, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    counterOf(process, jobs, key('a')).inc(2)
    counterOf(process, counterFamily('plain_total', { labelNames: [] }), '[]').inc()
    histogramOf(process, seconds, key('a')).observe(0.5)
    histogramOf(process, seconds, key('a')).observe(5)
    gaugeOf(process, 'level', 'livesum', key('a')).set(times)
    await process.flush()
  }
  gaugeOf(process, 'latest', 'mostrecent', key('a')).set(times)
  await process.flush()
}

async function assertCounted(process: Participant): Promise<void> {
  const scraped = await process.read()
  assert.deepEqual(process.faults, [])
  assert.equal(scraped.value('jobs_total{text="a"}'), 6)
  assert.equal(scraped.value('plain_total'), 3)
  assert.deepEqual(Object.values(scraped.labelled('duration_seconds_bucket')), [6, 3, 6], 'those of +Inf, 1 and 10')
  assert.equal(scraped.value('duration_seconds_sum{text="a"}'), 16.5)
  assert.equal(scraped.value('level{text="a"}'), 3)
  assert.equal(scraped.value('latest{text="a"}'), 2)
}
