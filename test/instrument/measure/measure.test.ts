import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { configure, MetricsError, measure, Registry } from '../../../src/index.js'
import { Exposition } from '../../helpers/processes/exposition.js'

let registry: Registry
let registers: readonly Registry[]

beforeEach(() => {
  registry = new Registry({ scope: 'process' })
  registers = [registry]
})

/** Samples without the buckets and the sum of the duration. */
async function shown(): Promise<Record<string, number>> {
  const { samples } = new Exposition(await registry.metrics())
  return Object.fromEntries([...samples].filter(([sample]) => !/_(?:bucket|sum)(?:\{|$)/.test(sample)))
}

const counted = (calls: number, inProgress = 0) => ({
  job_total: calls,
  job_duration_seconds_count: calls,
  job_in_progress: inProgress,
})

class OutOfStock extends Error {}

/** Every way in which a call ends well, and ends badly. */
const kinds = {
  'a function that returns': { good: () => 7, bad: () => fail() },
  'an async function': { good: async () => 7, bad: async () => fail() },
  'a function that returns a promise later': {
    good: () => sleep(1).then(() => 7),
    bad: () => sleep(1).then(() => fail()),
  },
  'a function that returns a thenable': { good: () => thenable(7), bad: () => thenable(undefined) },
}

function fail(): never {
  throw new OutOfStock('no apples')
}

function thenable(value: number | undefined) {
  return {
    // biome-ignore lint/suspicious/noThenProperty: it is what a query builder has
    then(onResult?: (value: number) => unknown, onError?: (error: unknown) => unknown): Promise<unknown> {
      return (value === undefined ? Promise.reject(new OutOfStock('no apples')) : Promise.resolve(value)).then(
        onResult as never,
        onError as never,
      )
    },
    limit: 10,
  }
}

describe('measure', () => {
  test.each(Object.entries(kinds))('counts the calls of %s, and its errors by type', async (_, { good, bad }) => {
    const run = measure((well: boolean): unknown => (well ? good() : bad()), { name: 'job', registers })
    expect(await run(true)).toBe(7)
    expect(await run(true)).toBe(7)
    await expect((async () => run(false))()).rejects.toThrow('no apples')
    expect(await shown()).toEqual({ ...counted(3), 'job_errors_total{error_type="OutOfStock"}': 1 })
  })

  test('shows calls in progress', async () => {
    const ends: (() => void)[] = []
    const run = measure(() => new Promise<void>((resolve) => ends.push(resolve)), { name: 'job', registers })
    const [first, second] = [run(), run()]
    expect(await shown()).toEqual(counted(0, 2))
    ends[0]!()
    await first
    expect(await shown()).toEqual(counted(1, 1))
    ends[1]!()
    await second
    expect(await shown()).toEqual(counted(2))
  })

  test('observes the time from the call to the end', async () => {
    const run = measure(() => sleep(30), { name: 'job', registers, buckets: [0.02, 60] })
    await run()
    const seen = new Exposition(await registry.metrics())
    expect(seen.value('job_duration_seconds_bucket{le="0.02"}')).toBe(0)
    expect(seen.value('job_duration_seconds_bucket{le="60"}')).toBe(1)
  })

  test('observes milliseconds if that is the unit', async () => {
    const run = measure(() => sleep(30), { name: 'job', registers, unit: 'milliseconds' })
    await run()
    const seen = new Exposition(await registry.metrics())
    expect(seen.value('job_duration_milliseconds_sum')).toBeGreaterThan(20)
    expect(seen.value('job_duration_milliseconds_bucket{le="5"}')).toBe(0)
    expect(seen.value('job_duration_milliseconds_bucket{le="10000"}')).toBe(1)
  })

  test('passes on this, the arguments, the result and the error', () => {
    const self = { factor: 3 }
    const fault = new OutOfStock('no apples')
    const run = measure(
      function (this: typeof self, ...args: number[]): number[] {
        if (args.length === 0) throw fault
        return args.map((arg) => arg * this.factor)
      },
      { name: 'job', registers },
    )
    expect(run.call(self, 1, 2)).toEqual([3, 6])
    let thrown: unknown
    try {
      run.call(self)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBe(fault)
  })

  test('returns a function with the name, the length and the properties of the original', () => {
    const handler = Object.assign(
      function sendMail(_to: string, _text: string, more = 1) {
        return more
      },
      { schema: { body: 'string' } },
    )
    const run = measure(handler, { name: 'job', registers })
    expect([run.name, run.length, run.schema]).toEqual(['sendMail', 2, handler.schema])
  })

  test('may be called with new', async () => {
    function Job(this: { to: string }, to: string) {
      this.to = to
    }
    const Measured = measure(Job, { name: 'job', registers }) as unknown as new (to: string) => { to: string }
    const job = new Measured('ada')
    expect(job).toBeInstanceOf(Job)
    expect(job.to).toBe('ada')
    expect(await shown()).toEqual(counted(1))
  })

  test('keeps the context of AsyncLocalStorage', async () => {
    const storage = new AsyncLocalStorage<number>()
    const run = measure(async () => storage.getStore(), { name: 'job', registers })
    expect(await storage.run(7, run)).toBe(7)
  })

  test('counts a call of a call, each by itself', () => {
    const run: (depth: number) => number = measure((depth: number) => (depth === 0 ? 0 : run(depth - 1) + 1), {
      name: 'job',
      registers,
    })
    expect(run(3)).toBe(3)
    return expect(shown()).resolves.toEqual(counted(4))
  })

  test('leaves an unhandled rejection unhandled', async () => {
    const unhandled: unknown[] = []
    const listeners = process.rawListeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', (reason) => unhandled.push(reason))
    try {
      const run = measure(async () => fail(), { name: 'job', registers })
      void run()
      run().catch(() => {})
      await sleep(5)
      expect(unhandled).toHaveLength(1)
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of listeners) process.on('unhandledRejection', listener as () => void)
    }
  })

  test('keeps what a promise has beside its result', async () => {
    const cancel = vi.fn()
    const run = measure(() => Object.assign(Promise.resolve(7), { cancel }), { name: 'job', registers })
    const running = run()
    running.cancel()
    expect(cancel).toHaveBeenCalledOnce()
    expect(await running).toBe(7)
  })

  test('keeps a query builder, and begins nothing that the application does not await', async () => {
    const query = thenable(7)
    const run = measure(() => query, { name: 'job', registers })
    expect(run()).toBe(query)
    expect(query.limit).toBe(10)
    expect(await shown()).toEqual(counted(0))
    expect(await query).toBe(7)
    expect(await query).toBe(7)
    expect(await shown()).toEqual(counted(1))
  })

  test('counts at once what can be awaited and not be watched', async () => {
    const run = measure(() => Object.freeze(thenable(7)), { name: 'job', registers })
    expect(await run()).toBe(7)
    expect(await shown()).toEqual(counted(1))
  })

  test.each([
    [
      'a generator',
      function* (to: number) {
        for (let i = 1; i <= to; i++) yield i
        if (to === 0) fail()
        return to
      },
    ],
    [
      'an async generator',
      async function* (to: number) {
        for (let i = 1; i <= to; i++) yield i
        if (to === 0) fail()
        return to
      },
    ],
  ] as const)('measures %s from its first step to its last', async (_, generator) => {
    const run = measure(generator as (to: number) => AsyncIterable<number>, { name: 'job', registers })
    const idle = run(3)
    expect(await shown()).toEqual(counted(0))
    const taken: number[] = []
    for await (const value of run(3)) {
      taken.push(value)
      expect(await shown()).toEqual(counted(0, 1))
    }
    expect(taken).toEqual([1, 2, 3])
    for await (const value of run(3)) if (value === 2) break
    expect(await shown()).toEqual(counted(2))
    await expect(
      (async () => {
        for await (const _ of run(0));
      })(),
    ).rejects.toThrow('no apples')
    expect(await shown()).toEqual({ ...counted(3), 'job_errors_total{error_type="OutOfStock"}': 1 })
    expect(idle).toHaveProperty('next')
  })
})

describe('the labels', () => {
  test('may be the same for every call', async () => {
    const run = measure((fails: boolean) => (fails ? fail() : 7), { name: 'job', registers, labels: { queue: 'mail' } })
    run(false)
    expect(() => run(true)).toThrow('no apples')
    expect(await shown()).toEqual({
      'job_total{queue="mail"}': 2,
      'job_duration_seconds_count{queue="mail"}': 2,
      'job_in_progress{queue="mail"}': 0,
      'job_errors_total{error_type="OutOfStock",queue="mail"}': 1,
    })
  })

  test('may come from the arguments, and from the result or the error', async () => {
    const run = measure(async (_queue: string, size: number) => (size === 0 ? fail() : { size }), {
      name: 'job',
      registers,
      labelNames: ['queue'],
      labels: (queue) => ({ queue }),
      resultLabelNames: ['size'],
      resultLabels: (result, error) => ({
        size: error === undefined ? (result!.size > 9 ? 'large' : 'small') : 'none',
      }),
    })
    await Promise.all([run('mail', 10), run('mail', 1), run('sms', 1)])
    await run('sms', 0).catch(() => {})
    expect(await shown()).toEqual({
      'job_total{queue="mail",size="large"}': 1,
      'job_total{queue="mail",size="small"}': 1,
      'job_total{queue="sms",size="small"}': 1,
      'job_total{queue="sms",size="none"}': 1,
      'job_duration_seconds_count{queue="mail",size="large"}': 1,
      'job_duration_seconds_count{queue="mail",size="small"}': 1,
      'job_duration_seconds_count{queue="sms",size="small"}': 1,
      'job_duration_seconds_count{queue="sms",size="none"}': 1,
      'job_in_progress{queue="mail"}': 0,
      'job_in_progress{queue="sms"}': 0,
      'job_errors_total{error_type="OutOfStock",queue="sms",size="none"}': 1,
    })
  })

  test.each([
    ['throws', () => fail()],
    ['returns a label that was not declared', () => ({ other: 'x' }) as never],
  ])('cost the label and not the count where the function %s', async (_, labels) => {
    const faults: MetricsError[] = []
    configure({ onError: (fault) => faults.push(fault) })
    try {
      const run = measure((fails: boolean) => (fails ? fail() : 7), {
        name: 'job',
        registers,
        labelNames: ['queue'],
        labels,
      })
      expect(run(false)).toBe(7)
      expect(() => run(true)).toThrow(OutOfStock)
      const seen = await shown()
      expect(seen.job_total).toBe(2)
      expect(seen['job_errors_total{error_type="OutOfStock"}']).toBe(1)
      expect(seen.job_in_progress ?? 0).toBe(0)
      expect([...new Set(faults.map(({ code }) => code))]).toEqual(['INSTRUMENT_FAILED'])
      expect(faults[0]!.message).toMatch(/^measure: a call of job could not be measured \(.*\); the call continues$/)
    } finally {
      configure({ onError: () => {} })
    }
  })

  test('are bounded by maxSeries', async () => {
    const run = measure((_queue: string) => 7, {
      name: 'job',
      registers,
      labelNames: ['queue'],
      labels: (queue) => ({ queue }),
      maxSeries: 2,
    })
    for (const queue of ['a', 'b', 'c', 'd']) run(queue)
    expect(await shown()).toMatchObject({
      'job_total{queue="a"}': 1,
      'job_total{queue="b"}': 1,
      'job_total{queue="_overflow"}': 2,
    })
  })
})

describe('the type of an error', () => {
  const cases: readonly (readonly [what: string, error: unknown, type: string])[] = [
    ['the name of its class', new OutOfStock('x'), 'OutOfStock'],
    ['the code of a system error', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['Error if there is no better name', new Error('x'), 'Error'],
    ['the name that an abort has', AbortSignal.abort().reason, 'AbortError'],
    ['the type of a value that is not an error', 'out of stock', 'string'],
    ['undefined for a bare throw', undefined, 'undefined'],
  ]
  test.each(cases)('is %s', async (_, error, type) => {
    const run = measure(
      () => {
        throw error
      },
      { name: 'job', registers },
    )
    expect(run).toThrow()
    expect(await shown()).toMatchObject({ [`job_errors_total{error_type="${type}"}`]: 1 })
  })

  test('may be chosen, and is bounded', async () => {
    let next = 0
    const run = measure(() => fail(), { name: 'job', registers, errorType: () => `type ${next++}` })
    for (let i = 0; i < 150; i++) expect(run).toThrow()
    const types = Object.keys(await shown()).filter((sample) => sample.startsWith('job_errors_total'))
    expect(types).toHaveLength(101)
    expect(await shown()).toMatchObject({ 'job_errors_total{error_type="_overflow"}': 50 })
  })
})

describe('wrong use throws at the call of measure()', () => {
  const run = (): void => {}
  test.each([
    [
      'no options',
      () => measure(run, undefined as never),
      'measure: options must be an object with a name, got undefined',
    ],
    ['no name', () => measure(run, {} as never), 'a metric needs a name: got undefined'],
    ['a name that is none', () => measure(run, { name: 'my job' }), '"my job" is not a metric name'],
    ['_total in the name', () => measure(run, { name: 'jobs_total' }), 'leave it out'],
    [
      'a unit that is none',
      () => measure(run, { name: 'job', unit: 'hours' as never }),
      'unit must be one of seconds, milliseconds',
    ],
    ['buckets that do not ascend', () => measure(run, { name: 'job', buckets: [2, 1] }), 'bucket bounds must ascend'],
    [
      'labels without names',
      () => measure(run, { name: 'job', labels: () => ({}) }),
      'a function together with labelNames',
    ],
    ['names without labels', () => measure(run, { name: 'job', labelNames: ['a'] }), 'needs a function labels'],
    ['an option that is none', () => measure(run, { name: 'job', bucket: [1] } as never), 'did you mean "buckets"?'],
    ['half of resultLabels', () => measure(run, { name: 'job', resultLabelNames: ['a'] }), 'belong together'],
    [
      'errorType as a word',
      () => measure(run, { name: 'job', errorType: 'x' as never }),
      'errorType must be a function',
    ],
    [
      'the label of the type',
      () => measure(run, { name: 'job', labels: { error_type: 'x' } }),
      'label "error_type" is reserved',
    ],
    [
      'a class',
      () => measure(OutOfStock as never, { name: 'job' }),
      'measure: the class OutOfStock cannot be measured',
    ],
    [
      'a value that is not a function',
      () => measure({} as never, { name: 'job' }),
      'measure: an object cannot be measured',
    ],
  ] as const)('%s', (_, use, text) => {
    expect(use).toThrow(MetricsError)
    expect(use).toThrow(text)
  })
})

test('two functions of one name count together', async () => {
  const options = { name: 'job', registers } as const
  const [one, two] = [measure(() => 1, options), measure(() => 2, options)]
  one()
  two()
  expect(await shown()).toEqual(counted(2))
})
