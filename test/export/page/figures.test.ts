import { describe, expect, test } from 'vitest'

const folder = '../../../src/export/page/assets'
const figures = await import(`${folder}/figures.js`)
const { History } = await import(`${folder}/history.js`)
const { aliveOf, blockedOf, warningsOf } = await import(`${folder}/warnings.js`)

describe('what the page computes', () => {
  test.each([
    [0.5, [0.1, 0.2, 0.4], [0, 10, 0, 0], 0.15],
    [0.95, [0.1, 0.2, 0.4], [0, 0, 100, 0], 0.39],
    [0.5, [0.1, 0.2], [10, 0, 0], 0.05],
    [0.99, [0.1, 0.2], [1, 1, 98], 0.2],
    [0.5, [0.1, 0.2], [0, 0, 0], undefined],
  ])('the quantile %f of observations in the bounds %j, %j, is %f', (q, bounds, counts, expected) => {
    const found = figures.quantile(q, bounds, counts)
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toBeCloseTo(expected, 10)
  })

  test('a total that decreased has no rate', () => {
    expect(figures.rate(10, 30, 4)).toBe(5)
    expect(figures.rate(30, 10, 4)).toBeUndefined()
    expect(figures.rate(10, 10, 0)).toBeUndefined()
  })

  test('errors are statuses from 500 on, by their increase', () => {
    expect(figures.errorShare({ 200: 100, 500: 50 }, { 200: 190, 500: 55, 503: 5 })).toBeCloseTo(0.1)
    expect(figures.errorShare({ 200: 1 }, { 200: 1 })).toBeUndefined()
    expect(figures.errorShare({ '2xx': 0 }, { '2xx': 1, '5xx': 1 })).toBe(0.5)
  })

  test('whole numbers are written exactly', () => {
    expect(figures.figure(9_007_199_254_740_991)).toBe('9,007,199,254,740,991')
    expect(figures.figure(0.123456)).toBe('0.1235')
    // A number of 300 digits would make a table useless.
    expect(figures.figure(-1e300)).toBe('-1e+300')
    expect(figures.figure(1.2345e19)).toBe('1.235e+19')
    expect(figures.figure(Number.POSITIVE_INFINITY)).toBe('Infinity')
    expect(figures.figure(undefined)).toBe('–')
  })

  test('a rate is over ten seconds, and the same reading counts once', () => {
    const history = new History()
    const reading = (second: number, total: number) => ({
      at: second * 1000,
      families: [{ name: 'jobs_total', type: 'counter', total, series: 1, labels: [] }],
    })
    for (let second = 0; second <= 30; second++) history.add(reading(second, second <= 20 ? 0 : (second - 20) * 7))
    expect(history.add(reading(30, 70))).toBe(false)
    expect(history.seconds).toBe(10)
    expect(history.rateOf('jobs_total')).toBe(7)
    expect(history.points.get('jobs_total').value).toHaveLength(31)
  })

  test('warnings name the fault and the number', () => {
    const family = (name: string, total: number, values?: object) => ({ name, total, values })
    const families = [
      family('promhive_dropped_series_total', 3),
      family('promhive_unreadable_files', 0),
      family('promhive_application_up', 1, { shop: 1, books: 0 }),
      family('promhive_errors_total', 2, { FILE_UNREADABLE: 2, FLUSH_FAILED: 0 }),
    ]
    const workers = [
      { seat: 2, worker: '2', state: 'blocked' },
      { seat: 3, worker: '3', state: 'alive' },
    ]
    expect(warningsOf({ families, workers, faults: ['a', 'a'], omitted: { families: 2, series: 1_000 } })).toEqual([
      'a',
      'Worker 2 is blocked: its event loop does not turn.',
      '3 series have no space in the store and are not counted.',
      'promhive reported 2 errors: FILE_UNREADABLE (2); the log has the details.',
      'Application books is omitted, because it cannot be read; the log has the details.',
      '2 families with 1,000 series are not listed.',
    ])
  })

  test('a primary is no worker', () => {
    const primary = { worker: 'primary', state: 'alive' }
    expect(aliveOf(3, [primary, { worker: '1', state: 'alive' }, { worker: '2', state: 'blocked' }])).toBe(2)
    expect(
      aliveOf(1, [
        { ...primary, state: 'dead' },
        { worker: '1', state: 'alive' },
      ]),
    ).toBe(1)
    expect(aliveOf(4)).toBe(4)
  })

  test('blocked workers are those that the page knows, or those that a supervisor counts', () => {
    const state = (blocked: number) => ({
      name: 'shop_worker_state',
      type: 'stateset',
      values: { running: 2, blocked },
    })
    const workers = [
      { worker: 'primary', state: 'alive' },
      { worker: '1', state: 'blocked' },
    ]
    const of = (...given: Parameters<typeof blockedOf>) => [
      blockedOf(...given),
      ...warningsOf({ families: given[0], workers: given[1], faults: [], omitted: { families: 0, series: 0 } }),
    ]
    expect(of([state(0)], [])).toEqual([0])
    expect(of([state(2)], [])).toEqual([2, 'The supervisor reports 2 blocked workers.'])
    expect(of([state(1)], workers)).toEqual([1, 'Worker 1 is blocked: its event loop does not turn.'])
    const ofShop = { application: 'shop', worker: '1', state: 'blocked' }
    expect(of([], [ofShop])).toEqual([1, 'Worker shop/1 is blocked: its event loop does not turn.'])
    expect(of([], workers)).toEqual([1, 'Worker 1 is blocked: its event loop does not turn.'])
  })
})
