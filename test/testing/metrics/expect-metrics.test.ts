import { AssertionError } from 'node:assert'
import { afterEach, describe, expect, test } from 'vitest'
import { Counter, Gauge, Histogram, Registry } from '../../../src/index.js'
import { expectMetrics } from '../../../src/testing-metrics.js'

let registry = new Registry()

afterEach(() => {
  registry = new Registry()
})

function jobs(counts: Readonly<Record<string, number>>) {
  const registers = [registry]
  const counter = new Counter({ name: 'jobs_total', help: 'Jobs done.', labelNames: ['queue', 'size'], registers })
  for (const [queue, count] of Object.entries(counts)) counter.inc({ queue, size: 'small' }, count)
}

/** The message of the comparison, without its first line; undefined if it finds no difference. */
async function difference(expected: string, names?: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    await expectMetrics(expected, { registry, names })
    return undefined
  } catch (fault) {
    expect(fault).toBeInstanceOf(AssertionError)
    return (fault as Error).message.split('\n').slice(1)
  }
}

describe('the expected text', () => {
  test('may be the exposition itself', async () => {
    jobs({ mail: 1, sms: 2 })
    new Histogram({ name: 'seconds', help: 'With "quotes" and \\ and\nlines.', registers: [registry] }).observe(0.2)
    const gauge = new Gauge({ name: 'odd', help: 'O.', labelNames: ['x'], registers: [registry] })
    for (const x of ['a"b', 'a\\', 'a\nb', 'a,b="c"', '}', '{', ' ', 'ü']) gauge.set({ x }, Number.NaN)
    gauge.set({ x: 'inf' }, Number.POSITIVE_INFINITY)
    gauge.set({ x: 'minus' }, Number.NEGATIVE_INFINITY)
    gauge.set({ x: 'tiny' }, 1e-300)
    expect(await difference(await registry.metrics())).toBeUndefined()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
    expect(await difference((await registry.expose('text/plain')).chunks.map(String).join(''))).toBeUndefined()
    expect(await difference(await registry.metrics())).toBeDefined()
  })

  test('may have other orders, spaces, comments and ways to write a number', async () => {
    jobs({ mail: 1, sms: 2000 })
    const expected = `
      # the queues
      jobs_total{ size="small", queue="sms", } 2e3

      jobs_total {queue="mail",size="small",empty=""}   1.0
      # TYPE jobs_total counter
    `
    expect(await difference(expected)).toBeUndefined()
  })

  test('may leave values open, and HELP and TYPE out', async () => {
    new Histogram({ name: 'seconds', help: 'S.', buckets: [1], registers: [registry] }).observe(0.2)
    const expected = `
      seconds_bucket{le="1"} 1
      seconds_bucket{le="+Inf"} 1
      seconds_sum *
      seconds_count 1`
    expect(await difference(expected)).toBeUndefined()
    expect(await difference(`# HELP seconds Other.${expected}`)).toContain('- # HELP seconds Other.')
    expect(await difference(`# TYPE seconds *${expected}`)).toContain('+ # TYPE seconds histogram')
  })
})

describe('a difference', () => {
  test('is shown line by line, with the other lines of the family', async () => {
    jobs({ mail: 1, sms: 2, fax: 3 })
    new Gauge({ name: 'equal', help: 'E.', registers: [registry] }).set(4)
    const expected = `
      # HELP jobs_total Jobs done.
      # TYPE jobs_total gauge
      jobs_total{queue="sms",size="small"} 2
      jobs_total{queue="mail",size="small"} 7
      jobs_total{queue="post",size="small"} 1
      equal 4`
    expect(await difference(expected)).toEqual([
      '  # HELP jobs_total Jobs done.',
      '- # TYPE jobs_total gauge',
      '+ # TYPE jobs_total counter',
      '  jobs_total{queue="sms",size="small"} 2',
      '- jobs_total{queue="mail",size="small"} 7',
      '+ jobs_total{queue="mail",size="small"} 1',
      '- jobs_total{queue="post",size="small"} 1',
      '+ jobs_total{queue="fax",size="small"} 3',
    ])
  })

  test('is passed to the test framework as two texts', async () => {
    jobs({ mail: 1 })
    const fault = await expectMetrics('jobs_total{queue="mail",size="small"} 2', { registry }).catch((cause) => cause)
    expect(fault).toMatchObject({
      message: expect.stringMatching(/^the metrics are not the expected ones \(- expected, \+ found\):\n/),
      expected: 'jobs_total{queue="mail",size="small"} 2',
      actual: 'jobs_total{queue="mail",size="small"} 1',
      operator: 'expectMetrics',
    })
  })

  test('may be a family that is missing, or one too many', async () => {
    jobs({ mail: 1 })
    const line = 'jobs_total{queue="mail",size="small"} 1'
    expect(await difference(`${line}\nmore 1`)).toEqual(['- more 1'])
    new Gauge({ name: 'more', help: 'M.', registers: [registry] }).set(1)
    expect(await difference(line)).toEqual(['+ more 1'])
    expect(await difference(line, ['jobs_total'])).toBeUndefined()
    expect(await difference('', ['jobs_total'])).toEqual([`+ ${line}`])
    expect(await difference('', ['none'])).toBeUndefined()
  })

  test('is seen between an empty value and a number, and between infinities', async () => {
    const gauge = new Gauge({ name: 'g', help: 'G.', registers: [registry] })
    gauge.set(Number.NaN)
    expect(await difference('g 0')).toEqual(['- g 0', '+ g NaN'])
    gauge.set(Number.POSITIVE_INFINITY)
    expect(await difference('g -Inf')).toEqual(['- g -Inf', '+ g +Inf'])
  })
})

describe('a text that is not an exposition is refused', () => {
  test.each([
    ['jobs_total', 'line 1 of the expected metrics is not a sample such as jobs_total{queue="mail"} 1: jobs_total'],
    ['\n  jobs_total one', 'line 2 of the expected metrics has "one" where a number is expected: jobs_total one'],
    ['jobs_total{queue=mail} 1', 'has labels that are not written as'],
    ['jobs_total{queue="mail" size="x"} 1', 'has labels that are not written as'],
    ['jobs_total{queue="mail"} 1 1700000000', 'is not a sample'],
    ['a 1\na 2', 'line 2 of the expected metrics is there twice: a 2'],
    [7, "the expected metrics are a text such as 'jobs_total 1', got 7"],
  ])('%j', async (expected, message) => {
    await expect(expectMetrics(expected as string, { registry })).rejects.toMatchObject({
      code: 'EXPECTED_INVALID',
      message: expect.stringContaining(message),
    })
  })

  test.each([['jobs_total'], [[]], [[7]]])('names %j', async (names) => {
    const fault = expectMetrics('', { registry, names: names as never })
    await expect(fault).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
