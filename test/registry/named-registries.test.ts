import { describe, expect, test } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import { Registry } from '../../src/registry/registry.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

function inMemory(): ProcessContext {
  const home = new ProcessContext()
  home.configure({ backend: new MemoryBackend() })
  return home
}

const homes = [
  ['in memory', inMemory],
  ['in a directory', () => new TestProcess(freshDirectory())],
] as const

describe.each(homes)('a registry by its name, %s', (_, makeHome) => {
  test.each([
    ['default', /"default".*use register, or another name/],
    ['~registry 1', /begin with "~"/],
    ['', /must be a text/],
    [7, /must be a text/],
    [null, /must be a text/],
  ])('cannot be %j', (name, message) => {
    const home = makeHome()
    for (const scope of ['application', 'process'] as const) {
      const fault = faultOf(() => new Registry({ name: name as string, scope }, home))
      expect(fault).toMatch(/^OPTION_INVALID/)
      expect(fault).toMatch(message)
    }
  })

  test('shows what another one of the same name has, and nothing of others', async () => {
    const home = makeHome()
    const [one, two, other] = [{ name: 'shop' }, { name: 'shop' }, { name: 'other' }].map((o) => new Registry(o, home))
    const jobs = new Counter({ name: 'jobs_total', help: 'J.', registers: [one!] })
    jobs.inc(3)
    new Counter({ name: 'calls_total', help: 'C.', labelNames: ['a'], registers: [two!] }).inc({ a: '1' })
    expect(await shown(two!)).toEqual({ jobs_total: 3, 'calls_total{a="1"}': 1 })
    expect(await shown(one!)).toEqual({ jobs_total: 3, 'calls_total{a="1"}': 1 })
    expect(await shown(other!)).toEqual({})
    one!.removeSingleMetric('jobs_total')
    expect(await shown(two!)).toEqual({ 'calls_total{a="1"}': 1 })
  })
})
