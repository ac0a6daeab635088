import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Histogram } from '../../src/metric/histogram.js'
import { Info } from '../../src/metric/info.js'
import { StateSet } from '../../src/metric/stateset.js'
import { Summary } from '../../src/metric/summary.js'
import { type FamilyTable, ownKey } from '../../src/model/family.js'
import { type GaugeMode, gaugeModes } from '../../src/model/metric-type.js'
import type { SeatRole } from '../../src/store/shared/seat-numbers.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { holds } from '../helpers/property.js'

const labelNames = ['path', 'zone'] as const
const states = ['idle', 'busy'] as const

/** One process of an application with a metric of every kind. */
class Worker {
  readonly process: TestProcess
  private readonly counts: ((labels: Record<'path' | 'zone', string>, value: number) => void)[]
  private readonly removes: ((labels: Record<'path' | 'zone', string>) => void)[]

  constructor(directory: string, role: SeatRole) {
    this.process = new TestProcess(directory, role)
    const common = { help: 'X.', labelNames, registers: [this.process.registry] }
    const counter = new Counter({ ...common, name: 'jobs_total' })
    const histogram = new Histogram({ ...common, name: 'wait', buckets: [1, 2, 4] })
    const summary = new Summary({ ...common, name: 'size', quantiles: [0.5] })
    const windowed = new Summary({
      ...common,
      name: 'recent_size',
      quantiles: [0.5],
      maxAgeSeconds: 600,
      ageBuckets: 2,
    })
    const gauges = gaugeModes.map((mode) => new Gauge({ ...common, name: `level_${mode}`, mode }))
    const info = new Info({ name: 'build', help: 'X.', labelNames: ['version'], registers: [this.process.registry] })
    const state = new StateSet({ ...common, name: 'state', states, mode: 'count' })
    this.counts = [
      (labels, value) => counter.inc(labels, value),
      (labels, value) => histogram.observe(labels, value),
      (labels, value) => summary.observe(labels, value),
      (labels, value) => windowed.observe(labels, value),
      ...gauges.map((gauge) => (labels: Record<'path' | 'zone', string>, value: number) => gauge.set(labels, value)),
      ({ path }) => info.info({ version: path }),
      (labels, value) => state.state(labels, states[value % 2]!),
    ]
    this.removes = [counter, histogram, ...gauges].map((metric) => (labels) => metric.remove(labels))
  }

  get worker(): string {
    return this.process.store().worker!
  }

  /** Returns whether it was the counter. */
  count(kind: number, labels: Record<'path' | 'zone', string>, value: number): boolean {
    this.counts[kind % this.counts.length]!(labels, value)
    return kind % this.counts.length === 0
  }

  remove(kind: number, labels: Record<'path' | 'zone', string>): boolean {
    this.removes[kind % this.removes.length]!(labels)
    return kind % this.removes.length === 0
  }
}

const labels = fc.record({ path: fc.constantFrom('a', 'b"'), zone: fc.constantFrom('1', '2') })
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.constant('count'), fc.nat(), fc.nat(40), labels, fc.integer({ min: 1, max: 9 })),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('remove'), fc.nat(), fc.nat(40), labels, fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('spawn'), fc.nat(), fc.nat(), labels, fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('end'), fc.nat(), fc.nat(), labels, fc.constant(0)) },
)

test.for<[string, (i: number) => SeatRole]>([
  ['seats change their owners', () => 'process'],
  ['several processes of one worker run at once', (i: number) => 1 + (i % 2)],
])('over all workers, the series of any program give the merged ones, also when %s', async ([, roleOf]) => {
  await holds(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const directory = freshDirectory()
      const reader = new TestProcess(directory)
      let begun = 0
      const begin = (): Worker => new Worker(directory, roleOf(begun++))
      const workers = [begin(), begin()]
      // What was counted in the counter by the processes of each worker.
      const jobs = new Map<string, number>()
      for (const [i, [what, pick, kind, series, value]] of steps.entries()) {
        const worker = workers[pick % Math.max(1, workers.length)]
        if (what === 'spawn' && workers.length < 4) workers.push(begin())
        if (worker !== undefined) {
          const key = (number: string): string => JSON.stringify([series.path, number, series.zone])
          const counted = key(worker.worker)
          if (what === 'end') workers.splice(workers.indexOf(worker), 1)[0]!.process.end()
          else if (what === 'count' && worker.count(kind, series, value))
            jobs.set(counted, (jobs.get(counted) ?? 0) + value)
          else if (what === 'remove' && worker.remove(kind, series))
            for (let seat = 1; seat < 9; seat++) jobs.delete(key(`${seat}`))
        }
        if (i % 15 === 0 || i === steps.length - 1) await compare(reader, jobs)
      }
      for (const { process } of workers) process.end()
      reader.end()
    }),
    12,
  )
})

async function compare({ gatherer }: TestProcess, jobs: ReadonlyMap<string, number>): Promise<void> {
  const now = async (perWorker: boolean) => {
    const { tables, release } = await gatherer.gather({ perWorker })
    const rows = new Map(tables.map((table) => [table.family.name, rowsOf(table)]))
    release()
    return rows
  }
  const merged = await now(false)
  const split = await now(true)
  expect([...split.keys()].sort()).toEqual([...merged.keys()].sort())
  expect(new Map(split.get('jobs_total')?.map(({ key, values }) => [key, values[0]]))).toEqual(jobs)
  for (const [name, series] of merged) {
    const ofWorkers = split.get(name)!
    expect(new Set(ofWorkers.map(({ key }) => key)).size, name).toBe(ofWorkers.length)
    for (const { worker } of ofWorkers) expect(worker, name).toMatch(/^[1-5]$/)
    const own = new Set([...ofWorkers, ...series].map(({ ownKey }) => ownKey))
    for (const key of own) {
      const [whole, parts] = [series, ofWorkers].map((all) => all.filter((row) => row.ownKey === key))
      expect(mergedBy(name, parts!), `${name} ${key}`).toEqual(whole!.map(({ values }) => values))
    }
  }
}

interface Row {
  readonly key: string
  readonly ownKey: string
  readonly worker: string | null | undefined
  readonly values: number[]
}

function rowsOf(table: FamilyTable): Row[] {
  const shown = [...table.order].filter((row) => table.layout.present(table.slots, table.bases[row]!))
  return shown.map((row) => {
    const key = table.keys[row]!
    const at = table.bases[row]!
    const worker = JSON.parse(key)[table.labelNames.indexOf('worker')] as string | null | undefined
    return {
      key,
      ownKey: ownKey(table, row),
      worker,
      values: [...table.slots.slice(at, at + table.layout.mergedWidth)],
    }
  })
}

/** The values of several workers as their merged series has them; several series for a gauge that keeps them apart. */
function mergedBy(name: string, parts: readonly Row[]): number[][] {
  const values = parts.map((part) => part.values)
  if (values.length === 0) return []
  const mode = /^level_(\w+)$/.exec(name)?.[1] as GaugeMode | undefined
  const seconds = values.map(([, value]) => value!)
  switch (mode?.replace('live', '')) {
    case 'all':
      return values
    case 'min':
      return [[1, Math.min(...seconds)]]
    case 'max':
      return [[1, Math.max(...seconds)]]
    case 'sum':
      return [[1, seconds.reduce((a, b) => a + b, 0)]]
    case 'average': {
      const [count, sum] = [0, 2].map((i) => values.reduce((a, slots) => a + slots[i]!, 0)) as [number, number]
      return [[count, sum / count, sum]]
    }
    case 'mostrecent':
      return [values.reduce((a, b) => (b[0]! >= a[0]! ? b : a))]
  }
  if (name === 'build') return [values[0]!]
  const sums = values.reduce((a, b) => a.map((slot, i) => slot + b[i]!))
  // The first slot says only that there is a value.
  return [name === 'state' ? [1, ...sums.slice(1)] : sums]
}
