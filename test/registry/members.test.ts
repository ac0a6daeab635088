import { describe, expect, test } from 'vitest'
import { Gauge, Registry } from '../../src/index.js'
import { Members } from '../../src/registry/members.js'
import type { RegistryMember } from '../../src/registry/registered-metric.js'
import type { Job, Ticker } from '../../src/registry/ticker.js'
import { shown } from '../helpers/samples.js'

interface Definition {
  readonly run?: 'each' | 'serving'
  collect?(this: Gauge): void
}

/** Defines the same gauge in a registry, as a module that is loaded once more. */
function defining() {
  const registry = new Registry()
  const define = (definition: Definition = {}): Gauge =>
    new Gauge({ name: 'depth', help: 'D.', registers: [registry], ...definition })
  return { registry, define }
}

describe.each(['each', 'serving'] as const)('with run: %s', (run) => {
  test('a second definition that brings collect() replaces the first', async () => {
    const { registry, define } = defining()
    const calls: string[] = []
    const collecting = (name: string, value: number): Definition => ({
      run,
      collect() {
        calls.push(name)
        this.set(value)
      },
    })
    const first = define(collecting('first', 1))
    expect(await shown(registry)).toEqual({ depth: 1 })
    const second = define(collecting('second', 2))
    expect(await shown(registry)).toEqual({ depth: 2 })
    expect(calls).toEqual(['first', 'second'])
    expect(registry.getSingleMetric('depth')).toBe(second)
    expect(second).not.toBe(first)
  })

  test('a second definition without collect() leaves the collect() of the first', async () => {
    const { registry, define } = defining()
    let value = 1
    const first = define({
      run,
      collect() {
        this.set(value++)
      },
    })
    define()
    expect(await shown(registry)).toEqual({ depth: 1 })
    expect(await shown(registry)).toEqual({ depth: 2 })
    expect(registry.getSingleMetric('depth')).toBe(first)
  })

  test('a collect() is added to a metric that had none', async () => {
    const { registry, define } = defining()
    define()
    define({
      run,
      collect() {
        this.set(2)
      },
    })
    expect(await shown(registry)).toEqual({ depth: 2 })
  })
})

test('the job of a definition that was replaced is stopped', async () => {
  const jobs = new Set<Job>()
  const ticker = { add: (job: Job) => jobs.add(job), remove: (job: Job) => jobs.delete(job) } as unknown as Ticker
  const members = new Members('same', ticker, () => {})
  const { family } = defining().define()
  const calls: string[] = []
  for (const definition of ['first', 'second']) {
    const metric = { name: family.name, family, collectsEach: true, collect: () => void calls.push(definition) }
    members.add(metric as unknown as RegistryMember)
  }
  for (const job of jobs) await job.run()
  expect(calls).toEqual(['second'])
})
