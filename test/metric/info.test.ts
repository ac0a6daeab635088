import { describe, expect, test } from 'vitest'
import { Info, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, mergedOf, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

function build(registry = new Registry()) {
  const labelNames = ['version', 'commit'] as const
  return { info: new Info({ name: 'build_info', help: 'B.', labelNames, registers: [registry] }), registry }
}

describe('an info', () => {
  test('shows nothing until it is set, then its labels and 1', async () => {
    const { info, registry } = build()
    expect(await shown(registry)).toEqual({})
    info.info({ version: '1.0', commit: 'abc' })
    expect(await shown(registry)).toEqual({ 'build_info{commit="abc",version="1.0"}': 1 })
  })

  test('replaces the previous labels when it is set again', async () => {
    const { info, registry } = build()
    info.info({ version: '1.0', commit: 'abc' })
    info.info({ version: '1.1', commit: 'def' })
    info.info({ version: '1.1', commit: 'def' })
    expect(await shown(registry)).toEqual({ 'build_info{commit="def",version="1.1"}': 1 })
    info.info({ version: '1.0', commit: 'abc' })
    expect(await shown(registry)).toEqual({ 'build_info{commit="abc",version="1.0"}': 1 })
  })

  test('set by a child, or by another handle of the same metric, replaces the labels as well', async () => {
    const { info, registry } = build()
    const again = build(registry).info
    info.labels('1.0', 'abc').info()
    again.info({ version: '2.0', commit: 'abc' })
    expect(Object.keys(await shown(registry))).toEqual(['build_info{commit="abc",version="2.0"}'])
    info.labels('1.0', 'abc').info()
    expect(Object.keys(await shown(registry))).toEqual(['build_info{commit="abc",version="1.0"}'])
  })

  test('does not change the labels of another info', async () => {
    const registry = new Registry()
    const { info } = build(registry)
    new Info({ name: 'host_info', help: 'H.', labelNames: ['zone'], registers: [registry] }).info({ zone: 'a' })
    info.info({ version: '1.0', commit: 'a' })
    info.info({ version: '2.0', commit: 'a' })
    expect(Object.keys(await shown(registry))).toEqual(['build_info{commit="a",version="2.0"}', 'host_info{zone="a"}'])
  })

  test('without labels is shown from the start', async () => {
    const registry = new Registry()
    const info = new Info({ name: 'up', help: 'U.', registers: [registry] })
    expect(await shown(registry)).toEqual({ up_info: 1 })
    info.info()
    expect(await shown(registry)).toEqual({ up_info: 1 })
  })

  test('that was removed may be set again', async () => {
    const { info, registry } = build()
    info.info({ version: '1.0', commit: 'a' })
    info.clear()
    expect(await shown(registry)).toEqual({})
    info.info({ version: '1.0', commit: 'a' })
    expect(Object.keys(await shown(registry))).toHaveLength(1)
  })

  test('has no unit, and no number', () => {
    const options = { name: 'x_seconds', help: 'X.', unit: 'seconds', registers: [] }
    expect(faultOf(() => new Info(options))).toBe('UNIT_MISMATCH: x_seconds: an info has no unit: leave it out')
    expect(build().info).not.toHaveProperty('set')
  })

  test("is returned in prom-client's shape, under the name that is shown", async () => {
    const { info } = build()
    info.info({ version: '1.0', commit: 'a' })
    expect(await info.get()).toMatchObject({
      type: 'info',
      values: [{ labels: { version: '1.0', commit: 'a' }, value: 1 }],
    })
    const short = new Info({ name: 'build', help: 'B.', registers: [new Registry()] })
    expect((await short.get()).values).toEqual([{ labels: {}, value: 1, metricName: 'build_info' }])
  })
})

describe('the infos of several processes', () => {
  function saying(version: string, directory?: string) {
    const process = new TestProcess(directory)
    const info = new Info({ name: 'build_info', help: 'B.', labelNames: ['version'], registers: [process.registry] })
    info.info({ version })
    return { process, info }
  }

  test('are shown together: those with the same labels are one series', async () => {
    const { tables } = await mergedOf(['1', '1', '2'].map((version) => saying(version).process))
    const [{ keys, order, slots, bases }] = tables as [(typeof tables)[0]]
    expect([...order].map((row) => [keys[row], slots[bases[row]! + 1]])).toEqual([
      ['["1"]', 1],
      ['["2"]', 1],
    ])
  })

  test('over a shared directory: each replaces its own, and the labels of a dead process disappear', async () => {
    const directory = freshDirectory()
    const [one, two, three] = ['1', '1', '2'].map((version) => saying(version, directory)) as [
      ReturnType<typeof saying>,
      ReturnType<typeof saying>,
      ReturnType<typeof saying>,
    ]
    const versions = async () => Object.keys(await shown(one.process.registry)).map((line) => line.slice(20, -2))
    expect(await versions()).toEqual(['1', '2'])
    two.info.info({ version: '3' })
    expect(await versions()).toEqual(['1', '2', '3'])
    one.info.info({ version: '3' })
    expect(await versions()).toEqual(['2', '3'])
    three.process.end()
    expect(await versions()).toEqual(['3'])
  })

  test('a process that takes the seat of a dead one does not show the labels of that one', async () => {
    const directory = freshDirectory()
    saying('dead', directory).process.end()
    const next = saying('new', directory)
    expect(await shown(next.process.registry)).toEqual({ 'build_info{version="new"}': 1 })
    expect(next.process.store().writer).toMatch(/^1-/)
    next.info.info({ version: 'dead' })
    expect(await shown(next.process.registry)).toEqual({ 'build_info{version="dead"}': 1 })
  })
})
