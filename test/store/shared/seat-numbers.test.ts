import { describe, expect, test } from 'vitest'
import { Counter } from '../../../src/metric/counter.js'
import { Gauge } from '../../../src/metric/gauge.js'
import { inWorkerOrder, SeatNumbers, type SeatRole, workerOf } from '../../../src/store/shared/seat-numbers.js'
import { freshDirectory, TestProcess } from '../../helpers/homes.js'

test.for([
  [0, '0'],
  [1, '1'],
  [9_999, '9999'],
  [10_000, 'primary'],
  [10_001, '1'],
  [20_000, 'primary'],
  [30_017, '17'],
] as const)('seat %i is that of worker %s', ([seat, worker]) => {
  expect(workerOf(seat)).toBe(worker)
})

test.for<[SeatRole, number[], number[], number[]]>([
  ['process', [1, 2], [1, 2, 2001], [1, 2, 3]],
  ['process', [1, 10_000], [2001, 2002], [2001, 2002, 2003]],
  ['beside', [], [2001], [2001, 2002, 2003]],
  ['worker', [], [1, 2001], [1, 2, 3]],
  ['worker', [10_000], [1, 2000], [1, 2, 3]],
  ['guest', [1, 10_000], [9001, 9_999], [9001, 9002, 9003]],
  ['primary', [1], [10_000, 20_000], [10_000, 20_000, 30_000]],
  [3, [1, 10_000], [3, 10_003, 20_003], [3, 10_003, 20_003]],
])('%j beside the seats %j may take over %j, and begins %j', ([role, present, taken, begun]) => {
  const numbers = SeatNumbers.of(role, present)
  const all = [0, 1, 2, 3, 4, 2000, 2001, 2002, 9_999, 10_000, 10_001, 10_003, 20_000, 20_003]
  const first = numbers.all()
  expect([first.next().value, first.next().value, first.next().value]).toEqual(begun)
  for (const seat of taken) expect(numbers.has(seat), `${seat}`).toBe(true)
  if (role === 'process' && present.includes(10_000)) expect(all.filter((seat) => numbers.has(seat))).not.toContain(1)
  if (role !== 'guest') expect(numbers.has(9001)).toBe(false)
  if (typeof role === 'number' || role === 'primary')
    expect(all.filter((seat) => numbers.has(seat)).sort()).toEqual([...taken].sort())
})

test('the seats of one worker follow each other, the newest living owner last', () => {
  const seats = [
    { seat: 10_001, live: true, startedAt: 5 },
    { seat: 2, live: true, startedAt: 1 },
    { seat: 1, live: true, startedAt: 9 },
    { seat: 20_001, live: false, startedAt: 20 },
  ]
  expect(seats.sort(inWorkerOrder).map(({ seat }) => seat)).toEqual([20_001, 10_001, 1, 2])
})

describe('processes of one worker that overlap', () => {
  const inDirectory = () => {
    const directory = freshDirectory()
    const reader = new TestProcess(directory, 'primary')
    const begin = (role: SeatRole) => {
      const process = new TestProcess(directory, role)
      const common = { help: 'X.', registers: [process.registry] }
      const jobs = new Counter({ ...common, name: 'jobs_total' })
      const each = new Gauge({ ...common, name: 'each', mode: 'liveall' })
      const sum = new Gauge({ ...common, name: 'in_flight', mode: 'livesum' })
      const { seat } = process.store() as unknown as { readonly seat: { readonly number: number } }
      return { process, jobs, each, sum, seat: seat.number }
    }
    const shown = async (name: string): Promise<string[]> => {
      reader.configure({ perWorker: true })
      const text = await reader.registry.metrics()
      return text.split('\n').filter((line) => line.startsWith(`${name}{`))
    }
    return { begin, shown }
  }

  test('are shown as one: counts add up, and a gauge of each process is that of the newest', async () => {
    const { begin, shown } = inDirectory()
    const [one, two] = [begin(1), begin(2)]
    one.jobs.inc(5)
    one.each.set(5)
    one.sum.set(2)
    two.jobs.inc(7)
    const next = begin(1)
    next.jobs.inc(1)
    next.each.set(1)
    next.sum.set(3)
    expect([one, two, next].map(({ seat }) => seat)).toEqual([1, 2, 10_001])
    expect(await shown('jobs_total')).toEqual(['jobs_total{worker="1"} 6', 'jobs_total{worker="2"} 7'])
    expect(await shown('each')).toContain('each{worker="1"} 1')
    expect(await shown('in_flight')).toContain('in_flight{worker="1"} 5')
    one.process.end()
    expect(await shown('jobs_total')).toEqual(['jobs_total{worker="1"} 6', 'jobs_total{worker="2"} 7'])
    expect(await shown('in_flight')).toContain('in_flight{worker="1"} 3')
    // The third one continues on the first seat, so its number is lower than that of the second.
    const third = begin(1)
    third.jobs.inc(10)
    third.each.set(10)
    expect(third.seat).toBe(1)
    expect(await shown('jobs_total')).toEqual(['jobs_total{worker="1"} 16', 'jobs_total{worker="2"} 7'])
    expect(await shown('each')).toContain('each{worker="1"} 10')
  })

  test('leave the seats of other workers alone, even if these are free', async () => {
    const { begin, shown } = inDirectory()
    const [one, two] = [begin(1), begin(2)]
    one.jobs.inc(5)
    two.jobs.inc(7)
    two.process.end()
    const [again, beside] = [begin(1), begin('process')]
    expect([again.seat, beside.seat]).toEqual([10_001, 2001])
    const back = begin(2)
    back.jobs.inc(1)
    expect(back.seat).toBe(2)
    expect(await shown('jobs_total')).toEqual([
      'jobs_total{worker="1"} 5',
      'jobs_total{worker="2"} 8',
      'jobs_total{worker="2001"} 0',
    ])
  })
})
