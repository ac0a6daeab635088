import { afterEach, describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Info, Registry, register, StateSet, Summary } from '../../../src/index.js'
import { countSeries, readValue } from '../../../src/testing-metrics.js'

let registry = new Registry()

afterEach(() => {
  register.clear()
  registry = new Registry()
})

function jobs(...queues: readonly string[]) {
  const registers = [registry]
  const counter = new Counter({ name: 'jobs_total', help: 'J.', labelNames: ['queue', 'size'], registers })
  for (const queue of queues) counter.inc({ queue, size: undefined })
  return counter
}

describe('readValue', () => {
  test('reads a metric without labels, from its beginning', async () => {
    const counter = new Counter({ name: 'starts_total', help: 'S.' })
    expect(await readValue(counter)).toBe(0)
    counter.inc(2)
    expect(await readValue(counter)).toBe(2)
    expect(await readValue('starts_total')).toBe(2)
  })

  test('reads the series that has the labels, by metric and by name', async () => {
    const counter = jobs('mail', 'mail', 'sms')
    expect(await readValue(counter, { queue: 'mail' })).toBe(2)
    expect(await readValue('jobs_total', { queue: 'sms' }, { registry })).toBe(1)
  })

  test('compares labels as an exposition shows them', async () => {
    const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: ['status', 'ok'], registers: [registry] })
    gauge.set({ status: 200, ok: true }, 7)
    expect(await readValue(gauge, { status: '200', ok: 'true' })).toBe(7)
    expect(await readValue(gauge, { status: 200, ok: true })).toBe(7)
  })

  test('prefers the series that has no other label; a label without a value is one that the series lacks', async () => {
    const counter = jobs('mail')
    counter.inc({ queue: 'mail', size: 'small' }, 5)
    expect(await readValue(counter, { queue: 'mail' })).toBe(1)
    expect(await readValue(counter, { size: undefined })).toBe(1)
    expect(await readValue(counter, { size: '' })).toBe(1)
    expect(await readValue(counter, { size: 'small' })).toBe(5)
    registry.setDefaultLabels({ service: 'shop' })
    expect(await readValue('jobs_total', { queue: 'mail' }, { registry })).toBe(1)
    expect(await readValue('jobs_total', { queue: 'mail', size: 'small', service: 'shop' }, { registry })).toBe(5)
  })

  test('reads the samples of a histogram and of a summary by their names', async () => {
    const registers = [registry]
    const seconds = new Histogram({ name: 'seconds', help: 'S.', buckets: [0.1, 1], registers })
    const bytes = new Summary({ name: 'bytes', help: 'B.', quantiles: [0.5], registers })
    seconds.observe(0.5)
    seconds.observe(5)
    bytes.observe(100)
    const read = (name: string, labels?: object) => readValue(name, labels, { registry })
    expect(await read('seconds_count')).toBe(2)
    expect(await read('seconds_sum')).toBe(5.5)
    expect(await read('seconds_bucket', { le: 1 })).toBe(1)
    expect(await read('seconds_bucket', { le: '0.1' })).toBe(0)
    expect(await read('seconds_bucket', { le: Number.POSITIVE_INFINITY })).toBe(2)
    expect(await read('bytes', { quantile: 0.5 })).toBeCloseTo(100, -1)
    expect(await readValue(bytes, { quantile: '0.5' })).toBeCloseTo(100, -1)
    expect(await read('bytes_count')).toBe(1)
  })

  test('reads an info and a state', async () => {
    const registers = [registry]
    const build = new Info({ name: 'build', help: 'B.', labelNames: ['version'], registers })
    const state = new StateSet({ name: 'state', help: 'S.', states: ['on', 'off'], registers })
    build.info({ version: '1' })
    state.state('off')
    expect(await readValue(build, { version: '1' })).toBe(1)
    expect(await readValue('build_info', {}, { registry })).toBe(1)
    expect(await readValue(state, { state: 'off' })).toBe(1)
    expect(await readValue(state, { state: 'on' })).toBe(0)
  })

  test('runs collect(), and reads collectors and metrics of plug-ins', async () => {
    const collect = (): void => gauge.set(4)
    const gauge: Gauge = new Gauge({ name: 'queue', help: 'Q.', registers: [registry], collect })
    registry.registerCollector({
      name: 'pool',
      collect: () => [{ name: 'pool_idle', help: 'P.', type: 'gauge', values: [{ labels: { db: 'a' }, value: 3 }] }],
    })
    const values = [{ labels: { kind: 'x' }, value: 9 }]
    const plugIn = {
      name: 'plug',
      help: 'P.',
      get: () => ({ name: 'plug', help: 'P.', type: 'gauge', values, aggregator: 'sum' }),
    }
    registry.registerMetric(plugIn)
    expect(await readValue(gauge)).toBe(4)
    expect(await readValue('queue', {}, { registry })).toBe(4)
    expect(await readValue('pool_idle', { db: 'a' }, { registry })).toBe(3)
    expect(await readValue('plug', {}, { registry })).toBe(9)
    expect(await readValue(plugIn, { kind: 'x' })).toBe(9)
  })

  test('names the existing series instead of a missing one', async () => {
    const counter = jobs('mail', 'sms')
    await expect(readValue(counter, { queue: 'fax' })).rejects.toMatchObject({
      code: 'SERIES_NOT_FOUND',
      message: 'jobs_total has no series {queue="fax"}; it has {queue="mail"}, {queue="sms"}',
    })
    expect(await readValue(counter, { queue: 'fax' }, { missing: 0 })).toBe(0)
    const none = new Counter({ name: 'none_total', help: 'N.', labelNames: ['a'], registers: [] })
    await expect(readValue(none, { a: 'x' })).rejects.toThrow('none_total has no series {a="x"}; it has no series yet')
  })

  test('lists the first of many series', async () => {
    const counter = jobs(...Array.from({ length: 30 }, (_, i) => `q${i}`))
    await expect(readValue(counter, { queue: 'x' })).rejects.toThrow(/\{queue="q0"\}.* and 18 more$/)
  })

  test('refuses labels that several series have', async () => {
    const counter = jobs()
    counter.inc({ queue: 'mail', size: 'small' })
    counter.inc({ queue: 'mail', size: 'large' })
    await expect(readValue(counter, { queue: 'mail' }, { missing: 0 })).rejects.toMatchObject({
      code: 'SERIES_NOT_UNIQUE',
      message:
        '2 series of jobs_total have {queue="mail"}: {queue="mail",size="large"}, {queue="mail",size="small"}; add a label',
    })
  })

  test.each([
    ['a label that is misspelt', { qeue: 'mail' }, 'LABEL_UNKNOWN', 'did you mean queue?'],
    ['a label that there is not', { customer: '1' }, 'LABEL_UNKNOWN', 'its labels are queue, size'],
    ['labels that are a text', 'mail', 'LABEL_VALUE_INVALID', 'labels must be an object'],
    ['labels that are a map', new Map(), 'LABEL_VALUE_INVALID', 'labels must be an object'],
    ['an object as a label', { queue: {} }, 'LABEL_VALUE_INVALID', 'label "queue"'],
  ])('refuses %s, with missing too', async (_, labels, code, text) => {
    const read = readValue(jobs('mail'), labels as object, { missing: 0 })
    await expect(read).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })

  test('names what a name may mean', async () => {
    jobs('mail')
    const read = (name: string, from = registry) => readValue(name, {}, { registry: from, missing: 0 })
    const lacks = (name: string) => `there is no metric "${name}" in this registry; `
    await expect(read('job_total')).rejects.toThrow(`${lacks('job_total')}did you mean jobs_total?`)
    await expect(read('sent_bytes')).rejects.toThrow(`${lacks('sent_bytes')}the registry has jobs_total`)
    await expect(read('jobs_total', new Registry())).rejects.toThrow(
      `${lacks('jobs_total')}another registry has it: pass { registry }`,
    )
    await expect(read('sent_bytes', new Registry())).rejects.toThrow(
      `${lacks('sent_bytes')}the registry has no metrics`,
    )
    await expect(readValue('sent_bytes')).rejects.toThrow('there is no metric "sent_bytes" in the default registry')
    await expect(read('jobs_total_sum')).rejects.toThrow(
      'jobs_total prints no sample jobs_total_sum; it prints jobs_total',
    )
  })

  test('refuses the name of a histogram or a summary, of which each series has several values', async () => {
    const registers = [registry]
    const seconds = new Histogram({ name: 'seconds', help: 'S.', registers })
    const bytes = new Summary({ name: 'bytes', help: 'B.', registers })
    await expect(readValue(seconds)).rejects.toThrow('read seconds_count, seconds_sum, seconds_bucket by name')
    await expect(readValue(bytes)).rejects.toThrow('read bytes_count, bytes_sum by name')
  })

  test.each([undefined, null, 7, {}])('refuses %s instead of a metric', async (metric) => {
    await expect(readValue(metric as never)).rejects.toMatchObject({ code: 'METRIC_NOT_FOUND' })
  })

  test('refuses a value that is not a registry', async () => {
    const read = readValue('x', {}, { registry: {} as Registry })
    await expect(read).rejects.toMatchObject({ code: 'REGISTER_INVALID' })
  })
})

describe('countSeries', () => {
  test('counts series, not samples', async () => {
    const registers = [registry]
    const counter = jobs('mail', 'sms', 'mail')
    const seconds = new Histogram({ name: 'seconds', help: 'S.', labelNames: ['a'], registers })
    const state = new StateSet({ name: 'state', help: 'S.', states: ['on', 'off'], labelNames: ['a'], registers })
    seconds.observe({ a: 'x' }, 1)
    seconds.observe({ a: 'y' }, 1)
    state.state({ a: 'x' }, 'on')
    expect(await countSeries(counter)).toBe(2)
    expect(await countSeries(counter, { queue: 'mail' })).toBe(1)
    expect(await countSeries(counter, { queue: 'fax' })).toBe(0)
    expect(await countSeries('seconds', {}, { registry })).toBe(2)
    expect(await countSeries(state)).toBe(1)
  })

  test('refuses a label or a metric that there is not', async () => {
    await expect(countSeries(jobs(), { sise: 'x' } as object)).rejects.toMatchObject({ code: 'LABEL_UNKNOWN' })
    await expect(countSeries('x')).rejects.toMatchObject({ code: 'METRIC_NOT_FOUND' })
  })
})
