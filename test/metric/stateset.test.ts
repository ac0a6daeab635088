import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Enum, Info, Registry, StateSet, type StateSetMode } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

const states = ['starting', 'running', 'draining'] as const

function phase(options: object = {}) {
  const registry = new Registry()
  return { phase: new StateSet({ name: 'phase', help: 'P.', states, registers: [registry], ...options }), registry }
}

function shards(options: object = {}) {
  const registry = new Registry()
  const common = { name: 'shards', help: 'S.', labelNames: ['shard'] as const, registers: [registry] }
  return { shards: new StateSet({ ...common, states: ['up', 'down'], ...options }), registry }
}

/** `{ 'phase{phase="running"}': 1, … }` */
function lines(values: readonly number[]): Record<string, number> {
  return Object.fromEntries(states.map((state, i) => [`phase{phase="${state}"}`, values[i]!]))
}

describe('a stateset', () => {
  test('shows nothing until a state is set, then every state', async () => {
    const { phase: set, registry } = phase()
    expect(await shown(registry)).toEqual({})
    set.state('running')
    expect(await shown(registry)).toEqual(lines([0, 1, 0]))
    set.state('draining')
    expect(await shown(registry)).toEqual(lines([0, 0, 1]))
  })

  test('sets several, and leaves the others as they were', async () => {
    const { phase: set, registry } = phase()
    set.set({ running: true })
    set.set({ draining: true })
    expect(await shown(registry)).toEqual(lines([0, 1, 1]))
    set.set({ running: false, starting: true })
    expect(await shown(registry)).toEqual(lines([1, 0, 1]))
    set.state('running')
    expect(await shown(registry)).toEqual(lines([0, 1, 0]))
  })

  test('set to nothing is in no state', async () => {
    const { phase: set, registry } = phase()
    set.set({})
    expect(await shown(registry)).toEqual(lines([0, 0, 0]))
  })

  test('has a series per label value', async () => {
    const { shards: set, registry } = shards()
    set.state({ shard: '1' }, 'up')
    set.set({ shard: '2' }, { up: true, down: true })
    set.labels('3').state('down')
    set.labels({ shard: 4 }).set({ up: false })
    expect(await shown(registry)).toEqual({
      'shards{shard="1",shards="up"}': 1,
      'shards{shard="1",shards="down"}': 0,
      'shards{shard="2",shards="up"}': 1,
      'shards{shard="2",shards="down"}': 1,
      'shards{shard="3",shards="up"}': 0,
      'shards{shard="3",shards="down"}': 1,
      'shards{shard="4",shards="up"}': 0,
      'shards{shard="4",shards="down"}': 0,
    })
    set.remove({ shard: '1' })
    set.remove('2')
    expect(Object.keys(await shown(registry))).toHaveLength(4)
  })

  test('shows an initial state from the start, until one is set', async () => {
    const { phase: set, registry } = phase({ initial: 'starting' })
    expect(await shown(registry)).toEqual(lines([1, 0, 0]))
    set.state('running')
    expect(await shown(registry)).toEqual(lines([0, 1, 0]))
    set.reset()
    expect(await shown(registry)).toEqual(lines([1, 0, 0]))
  })

  test('after a reset without an initial state is in none', async () => {
    const { phase: set, registry } = phase()
    set.set({ running: true })
    set.reset()
    expect(await shown(registry)).toEqual({})
    set.set({ draining: true })
    expect(await shown(registry)).toEqual(lines([0, 0, 1]))
  })

  test('is called Enum as well', () => {
    expect(Enum).toBe(StateSet)
  })

  test("is returned in prom-client's shape", async () => {
    const { shards: set } = shards()
    set.state({ shard: '1' }, 'down')
    expect((await set.get()).values).toEqual([
      { labels: { shard: '1', shards: 'up' }, value: 0 },
      { labels: { shard: '1', shards: 'down' }, value: 1 },
    ])
  })
})

describe('the statesets of several processes', () => {
  function working(directory: string, options: { mode?: StateSetMode; initial?: 'starting' } = {}) {
    const process = new TestProcess(directory)
    const registers = [process.registry]
    return { process, set: new StateSet({ name: 'phase', help: 'P.', states, registers, ...options }) }
  }

  test('mostrecent: the last state that was set is shown; when its process dies, the last one of the living processes', async () => {
    const directory = freshDirectory()
    const [one, two] = [working(directory), working(directory)]
    two.set.state('running')
    one.set.state('draining')
    expect(await shown(two.process.registry)).toEqual(lines([0, 0, 1]))
    one.process.end()
    expect(await shown(two.process.registry)).toEqual(lines([0, 1, 0]))
  })

  test('mostrecent: an initial state is replaced by any that was set, even by a process that started before', async () => {
    const directory = freshDirectory()
    const one = working(directory, { initial: 'starting' })
    one.set.state('running')
    const two = working(directory, { initial: 'starting' })
    expect(await shown(two.process.registry)).toEqual(lines([0, 1, 0]))
    one.process.end()
    expect(await shown(two.process.registry)).toEqual(lines([1, 0, 0]))
  })

  test('all: each process has a series of its own, until it dies', async () => {
    const directory = freshDirectory()
    const [one, two] = [working(directory, { mode: 'all' }), working(directory, { mode: 'all' })]
    one.set.state('running')
    two.set.state('draining')
    const running = (lines: Record<string, number>) =>
      Object.entries(lines).flatMap(([line, value]) => (value === 1 ? [line] : []))
    expect(running(await shown(one.process.registry)).sort()).toEqual([
      'phase{worker="1",phase="running"}',
      'phase{worker="2",phase="draining"}',
    ])
    two.process.end()
    expect(running(await shown(one.process.registry))).toEqual(['phase{worker="1",phase="running"}'])
  })

  test('count: the number of living processes in each state', async () => {
    const directory = freshDirectory()
    const processes = [1, 2, 3].map(() => working(directory, { mode: 'count' }))
    for (const { set } of processes) set.state('running')
    processes[0]!.set.state('draining')
    expect(await shown(processes[0]!.process.registry)).toEqual(lines([0, 2, 1]))
    processes[2]!.process.end()
    expect(await shown(processes[0]!.process.registry)).toEqual(lines([0, 1, 1]))
  })

  test.each<StateSetMode>(['mostrecent', 'count'])(
    'under %s a process that takes the seat of a dead one is not in its states, nor sets beside them',
    async (mode) => {
      const directory = freshDirectory()
      const dead = working(directory, { mode })
      dead.set.set({ starting: true, running: true })
      dead.process.end()
      const next = working(directory, { mode })
      expect(await shown(next.process.registry)).toEqual({})
      next.set.set({ draining: true })
      expect(next.process.store().writer).toMatch(/^1-/)
      expect(await shown(next.process.registry)).toEqual(lines([0, 0, 1]))
    },
  )

  test('a process whose directory is removed keeps its own states and infos, and none of dead processes', async () => {
    const directory = freshDirectory()
    const info = ({ process }: ReturnType<typeof working>) =>
      new Info({ name: 'build_info', help: 'B.', labelNames: ['version'], registers: [process.registry] })
    const dead = working(directory, { mode: 'count' })
    dead.set.state('running')
    info(dead).info({ version: 'dead' })
    dead.process.end()
    const next = working(directory, { mode: 'count' })
    info(next).info({ version: 'new' })
    rmSync(directory, { recursive: true })
    expect(await shown(next.process.registry)).toEqual({ 'build_info{version="new"}': 1 })
    next.set.state('draining')
    rmSync(directory, { recursive: true })
    expect(await shown(next.process.registry)).toEqual({ 'build_info{version="new"}': 1, ...lines([0, 0, 1]) })
  })
})

describe('a stateset refuses', () => {
  test('a state that it does not have, and lists its states', async () => {
    const { phase: set, registry } = phase()
    const text = 'STATE_UNKNOWN: phase has no state "stopped"; it has starting, running, draining'
    expect(faultOf(() => set.state('stopped' as never))).toBe(text)
    expect(faultOf(() => set.set({ running: true, stopped: true } as never))).toBe(text)
    expect(faultOf(() => phase({ initial: 'stopped' }))).toBe(text)
    expect(faultOf(() => set.state(undefined as never))).toMatch(/^STATE_UNKNOWN: phase has no state undefined/)
    expect(await shown(registry)).toEqual({})
  })

  test('a value that is neither true nor false', async () => {
    const { phase: set, registry } = phase()
    expect(faultOf(() => set.set({ running: 1 } as never))).toBe(
      'VALUE_INVALID: phase: state "running" is true or false, got 1',
    )
    expect(faultOf(() => set.set('running' as never))).toBe(
      'VALUE_INVALID: phase: set takes states and booleans, got "running"',
    )
    expect(await shown(registry)).toEqual({})
  })

  test.each<[string, object, RegExp]>([
    ['states that are none', { states: [] }, /^STATES_INVALID: phase: states must be an array/],
    ['a state twice', { states: ['a', 'a'] }, /^STATES_INVALID: phase: state "a" is given twice/],
    ['its own name as a label', { labelNames: ['phase'] }, /^LABEL_RESERVED: phase: label "phase" is reserved/],
    ['the label worker under all', { mode: 'all', labelNames: ['worker'] }, /^LABEL_RESERVED: phase: label "worker"/],
    ['a mode that is none', { mode: 'sum' }, /^MODE_UNKNOWN: phase: mode "sum" is none of mostrecent, all, count/],
    ['a unit', { unit: 'seconds' }, /^UNIT_MISMATCH: phase: a stateset has no unit/],
    [
      'an initial state beside labels',
      { labelNames: ['a'], initial: 'running' },
      /^OPTION_INVALID: phase: with labels there is no series yet/,
    ],
  ])('%s', (_, options, text) => {
    expect(faultOf(() => phase(options))).toMatch(text)
  })

  test('its own name as a label, with the prefix of its registry as well', () => {
    const registers = [new Registry({ prefix: 'shop_' })]
    expect(faultOf(() => phase({ registers, labelNames: ['shop_phase'] }))).toMatch(
      /^LABEL_RESERVED: shop_phase: label/,
    )
    expect(faultOf(() => phase({ registers, labelNames: ['phase'] }))).toBe('no error')
  })

  test('to be made without options', () => {
    expect(faultOf(() => new StateSet(undefined as never))).toMatch(/^OPTION_INVALID: a metric is made from an object/)
  })

  test('label "worker" only where each process has a series of its own', () => {
    expect(faultOf(() => phase({ labelNames: ['worker'] }))).toBe('no error')
  })
})
