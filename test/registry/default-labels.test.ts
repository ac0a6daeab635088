import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import type { MetricsError } from '../../src/model/errors.js'
import { Registry } from '../../src/registry/registry.js'
import { directoryExposition } from '../helpers/directory-exposition.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

interface Process {
  readonly registry: Registry
  readonly home: TestProcess
  readonly faults: MetricsError[]
}

function processes(count: number, directory = freshDirectory(), name: string | undefined = 'shop'): Process[] {
  return Array.from({ length: count }, () => {
    const home = new TestProcess(directory)
    const faults: MetricsError[] = []
    home.configure({ onError: (fault) => faults.push(fault) })
    const registry = name === 'default' ? home.registry : new Registry({ ...(name !== undefined && { name }) }, home)
    new Counter({ name: 'jobs_total', help: 'J.', registers: [registry] }).inc()
    return { home, registry, faults }
  })
}

const differ = ({ faults }: Process) => faults.filter(({ code }) => code === 'DEFAULT_LABELS_DIFFER')

describe('default labels', () => {
  test.each(['default', 'shop'])(
    'that all processes set alike are shown, and nothing is reported (%s)',
    async (name) => {
      const all = processes(3, freshDirectory(), name)
      for (const [i, { registry }] of all.entries()) {
        // In any order.
        registry.setDefaultLabels(i === 0 ? { app: 'shop', zone: 1 } : { zone: '1', app: 'shop' })
      }
      await turn()
      for (const process of all) {
        expect(Object.values(await shown(process.registry))).toEqual([3])
        expect(process.faults).toEqual([])
      }
    },
  )

  test.each(['default', 'shop'])('that differ are reported once, by the process that answers (%s)', async (name) => {
    const all = processes(3, freshDirectory(), name) as [Process, Process, Process]
    for (const [i, { registry }] of all.entries()) registry.setDefaultLabels({ worker_id: i })
    await turn()
    for (const process of all) {
      for (let i = 0; i < 2; i++) await shown(process.registry)
      expect(differ(process)).toHaveLength(1)
      expect(differ(process)[0]!.message).toMatch(/"worker_id".*Set the same default labels in every process/)
    }
    // When they agree, that is well; when they differ again, it is reported again.
    for (const { registry } of all) registry.setDefaultLabels({ app: 'shop' })
    await turn()
    expect(await shown(all[0].registry)).toEqual({ 'jobs_total{app="shop"}': 3 })
    expect(differ(all[0])).toHaveLength(1)
    all[1].registry.setDefaultLabels({ app: 'other' })
    await turn()
    await shown(all[0].registry)
    expect(differ(all[0])).toHaveLength(2)
  })

  test('that the process which answers has not set, or has alone', async () => {
    const [without, has] = processes(2) as [Process, Process]
    has.registry.setDefaultLabels({ app: 'shop' })
    await turn()
    await shown(without.registry)
    expect(differ(without)).toHaveLength(1)
    // Nothing shows whether the other one is about to set some.
    await shown(has.registry)
    expect(differ(has)).toHaveLength(0)
  })

  test('of a process that has ended, of another registry, and of nameless ones are none of its business', async () => {
    const directory = freshDirectory()
    const [one, ended] = processes(2, directory) as [Process, Process]
    const [other] = processes(1, directory, 'other') as [Process]
    ended.registry.setDefaultLabels({ worker_id: 2 })
    other.registry.setDefaultLabels({ worker_id: 3 })
    one.registry.setDefaultLabels({ worker_id: 1 })
    await turn()
    ended.home.end()
    await shown(one.registry)
    expect(differ(one)).toHaveLength(0)
    const nameless = new Registry({}, one.home)
    nameless.setDefaultLabels({ worker_id: 4 })
    await turn()
    await nameless.metrics()
    expect(one.faults).toEqual([])
    const { chunks } = await directoryExposition(directory).expose()
    expect(Buffer.concat(chunks).toString()).not.toContain('promhive_default_labels')
  })
})
