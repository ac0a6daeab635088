import { describe, expect, test } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import { Registry } from '../../src/index.js'
import { Gauge } from '../../src/metric/gauge.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { noPause } from '../helpers/writers.js'

describe('series that each process keeps for itself', () => {
  test('have the number of the seat, or the pid if that is configured', async () => {
    for (const [workerLabel, value] of [
      ['worker', '1'],
      ['pid', String(process.pid)],
    ] as const) {
      const home = new TestProcess()
      home.configure({ workerLabel })
      const registry = new Registry({}, home)
      const options = { name: 'rss', help: 'R.', mode: 'all', registers: [registry] } as const
      new Gauge<string>({ ...options, labelNames: [workerLabel === 'pid' ? 'worker' : 'pid'] }).labels('x').set(1)
      const merger = new Merger(home.workerLabel)
      const { tables } = await merger.merge([home.snapshot(1)], noPause)
      expect(tables[0]!.labelNames).toEqual(['pid', 'worker'])
      expect(tables[0]!.keys).toEqual([workerLabel === 'pid' ? `["${value}","x"]` : `["x","${value}"]`])
      expect(faultOf(() => new Gauge({ ...options, name: 'other', labelNames: [workerLabel] }))).toMatch(
        new RegExp(`^LABEL_RESERVED: other: label "${workerLabel}" is reserved`),
      )
    }
  })

  test('of two processes with the same pid, such as in two containers, remain distinct', async () => {
    const [one, two] = [new TestProcess(), new TestProcess()]
    for (const [i, home] of [one, two].entries()) {
      const registry = new Registry({ name: 'same' }, home)
      new Gauge({ name: 'rss', help: 'R.', mode: 'all', registers: [registry] }).set(i + 1)
    }
    const { tables } = await new Merger('pid').merge([one.snapshot(1), two.snapshot(2)], noPause)
    expect(tables[0]!.keys).toEqual([`["${process.pid}"]`, `["${process.pid}-2"]`])
  })

  test('follow the process that takes a seat over', async () => {
    const home = new TestProcess()
    new Gauge({ name: 'rss', help: 'R.', mode: 'all', registers: [new Registry({ name: 'same' }, home)] }).set(7)
    const merger = new Merger('pid')
    const keys = async (name: string) => {
      const { tables } = await merger.merge([{ ...home.snapshot(1), process: name }], noPause)
      return [...tables[0]!.order].map((row) => tables[0]!.keys[row])
    }
    expect(await keys('100')).toEqual(['["100"]'])
    expect(await keys('200')).toEqual(['["200"]'])
    expect(await keys('200-1')).toEqual(['["200-1"]'])
  })

  test('are called alike from the first look on', () => {
    const home = new TestProcess(freshDirectory())
    expect(faultOf(() => home.configure({ workerLabel: 'host' as never }))).toMatch(
      /^OPTION_INVALID: configure: workerLabel/,
    )
    home.configure({ workerLabel: 'pid' })
    expect(home.workerLabel).toBe('pid')
    home.configure({ workerLabel: 'pid' })
    expect(faultOf(() => home.configure({ workerLabel: 'worker' }))).toMatch(/^OPTION_INVALID: .+ is "pid" by now/)
  })

  test('may be set by the environment; a misspelt value is reported and ignored', () => {
    const told: string[] = []
    for (const [text, label] of [
      ['pid', 'pid'],
      ['host', 'worker'],
    ]) {
      process.env.PROMHIVE_WORKER_LABEL = text
      const home = new TestProcess()
      home.configure({ onError: ({ message }) => told.push(message) })
      expect(home.workerLabel).toBe(label)
    }
    delete process.env.PROMHIVE_WORKER_LABEL
    expect(told).toEqual(['the environment: PROMHIVE_WORKER_LABEL is one of worker, pid; got "host"'])
  })
})
