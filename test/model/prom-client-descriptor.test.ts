import { describe, expect, test } from 'vitest'
import { descriptorFrom } from '../../src/model/prom-client-descriptor.js'
import { keyArity, seriesKey } from '../../src/model/series-key.js'
import { entryFrom, removalFrom } from '../../src/store/redis/entry.js'
import { Names } from '../../src/store/redis/names.js'
import { encodeExemplars, FollowedWriter } from '../../src/store/snapshot/followed-writer.js'
import { encodeSnapshot, type SnapshotHead } from '../../src/store/snapshot/snapshot-format.js'
import { SnapshotReader, sortSnapshots } from '../../src/store/snapshot/snapshot-reader.js'
import { infoFamily, stateSetFamily, summaryFamily } from '../helpers/families.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { counterFamily, gaugeFamily, histogramFamily, noPause } from '../helpers/writers.js'

describe('a descriptor from outside', () => {
  test.for([
    { ...counterFamily('c_bytes_total', { labelNames: ['a', 'b'] }), unit: 'bytes' },
    gaugeFamily('g', 'livesum', {}),
    histogramFamily('h', [0.1, 1], {}),
    summaryFamily('s', { quantiles: [0.5, 0.9] }),
    summaryFamily('w', { quantiles: [0.5], window: { maxAgeSeconds: 600, ageBuckets: 5 } }),
    stateSetFamily('st', ['a', 'b'], 'count', {}),
    infoFamily('i', {}),
  ] as const)('is taken as a metric writes it: $name', (family) => {
    expect(descriptorFrom(JSON.parse(JSON.stringify(family)))).toEqual(family)
  })

  test.for([undefined, null, 5, 'x', [], {}, { type: 'counter' }])('is nothing when it is %j', (value) => {
    expect(descriptorFrom(value)).toBeUndefined()
  })
})

describe('a summary with a window from outside', () => {
  const family = summaryFamily('s', { quantiles: [0.5], window: { maxAgeSeconds: 600, ageBuckets: 5 } })

  test('has no error of its own: a version that knows no windows refuses it', () => {
    expect(family).not.toHaveProperty('relativeError')
    const { window: _, ...known } = family
    expect(descriptorFrom(known)).toBeUndefined()
    expect(descriptorFrom({ ...family, relativeError: 0.02 })).toBeUndefined()
  })

  test.for([
    null,
    5,
    [],
    {},
    { maxAgeSeconds: 600, ageBuckets: 5 },
    { maxAgeSeconds: 600, relativeError: 0.02 },
    { ageBuckets: 5, relativeError: 0.02 },
    { maxAgeSeconds: -1, ageBuckets: 5, relativeError: 0.02 },
    { maxAgeSeconds: 600, ageBuckets: 2 ** 30, relativeError: 0.02 },
    { maxAgeSeconds: 600, ageBuckets: 1.5, relativeError: 0.02 },
    { maxAgeSeconds: 600, ageBuckets: 5, relativeError: 1e-9 },
    { maxAgeSeconds: 600, ageBuckets: 1000, relativeError: 0.0001 },
    { maxAgeSeconds: '600', ageBuckets: '5', relativeError: 0.02 },
  ])('is nothing where the window is %j', (window) => {
    expect(descriptorFrom({ ...family, window })).toBeUndefined()
  })

  test('is nothing without quantiles', () => {
    expect(descriptorFrom({ ...family, quantiles: [] })).toBeUndefined()
  })
})

describe('a key from outside', () => {
  test('has as many values as were written, whatever they are; with half a character it is none', () => {
    const random = randomFrom(3)
    const pieces = [
      'a',
      '"',
      '\\',
      '\n',
      'ü',
      '🦄',
      '\ud83e',
      ',',
      '[',
      ']',
      'null',
      '',
      '\u0000',
      ' ',
      '\u2028',
      '\u007f',
    ]
    for (let round = 0; round < 2_000; round++) {
      const values = Array.from({ length: below(random, 5) }, () => {
        if (below(random, 5) === 0) return null
        return Array.from({ length: below(random, 4) }, () => pieces[below(random, pieces.length)]).join('')
      })
      const wellFormed = values.every((value) => value === null || value.isWellFormed())
      expect(keyArity(seriesKey(values)), seriesKey(values)).toBe(wellFormed ? values.length : -1)
    }
  })

  test('is one only in the one spelling that is written', () => {
    const random = randomFrom(4)
    const keys = ['[]', '["a"]', '["a",null]', '[null,"b\\n"]', '["ü","\\\\"]']
    const inserted = ['"', '[', ']', ',', ' ', '\\', 'n', '\\u0061', '\n', '0', '{']
    for (let round = 0; round < 6_000; round++) {
      const key = keys[below(random, keys.length)]!
      const at = below(random, key.length + 1)
      const cut = below(random, 3)
      const text = key.slice(0, at) + inserted[below(random, inserted.length)] + key.slice(at + cut)
      let canonical = -1
      try {
        const values: unknown = JSON.parse(text)
        const whole = Array.isArray(values) && values.every((value) => value === null || typeof value === 'string')
        if (whole && JSON.stringify(values) === text) canonical = values.length
      } catch {
        // No JSON, no key.
      }
      expect(keyArity(text), text).toBe(canonical)
    }
  })
})

describe('a snapshot', () => {
  const head: SnapshotHead = {
    ...{ writer: 'w', seat: 1, process: '1', epoch: 1, startedAt: 1, at: Date.now(), closed: false, log: 'w 1' },
    ...{ inherited: [], removals: {}, taken: {} },
  }
  const jobs = counterFamily('jobs_total', { labelNames: ['text'] })

  function snapshotOf(changes: object, ...lines: readonly string[]): Uint8Array {
    const names = Buffer.from(
      [JSON.stringify(jobs), '[0,0,0,"[\\"x\\"]",1]', ...lines].map((line) => `${line}\n`).join(''),
    )
    const values = Float64Array.of(5, 6, 7)
    const exemplars = encodeExemplars([])
    return encodeSnapshot({ head: { ...head, ...changes } as SnapshotHead, names, exemplars, values })
  }

  const other = snapshotOf({ writer: 'other', seat: 2 })

  test.for<[string, object]>([
    ['writer', { writer: 5 }],
    ['seat', { seat: -1 }],
    ['seat', { seat: 1.5 }],
    ['process', { process: {} }],
    ['epoch', { epoch: 'x' }],
    ['startedAt', { startedAt: null }],
    ['at', { at: 'x' }],
    ['closed', { closed: 1 }],
    ['inherited', { inherited: [5] }],
    ['inherited', { inherited: 'w' }],
    ['removals', { removals: { w: {} } }],
    ['removals', { removals: { w: { from: 0, list: [{ registry: 'r', name: 'n', labels: { a: 5 } }] } } }],
    ['removals', { removals: null }],
    ['taken', { taken: { w: -1 } }],
    ['taken', { taken: null }],
  ])('with another %s than a writer writes costs itself: %j', ([, changes]) => {
    const { snapshots, errors } = sortSnapshots([snapshotOf(changes), other])
    expect(snapshots.map(({ head: { writer } }) => writer)).toEqual(['other'])
    expect(errors).toMatchObject([{ code: 'FILE_UNREADABLE', reason: 'contents' }])
  })

  test.for([
    '[0,0,3,"[\\"x\\"]",1]',
    '[0,0,-1,"[\\"x\\"]",1]',
    '[0,0,0.5,"[\\"x\\"]",1]',
    '[0,0,1e9,"[\\"x\\"]",1]',
    '[0,0,"1","[\\"x\\"]",1]',
    '[0,9,1,"[\\"x\\"]",1]',
    '[5,0,1,"[\\"x\\"]",1]',
    '[0,0,1,"x",1]',
    '[0,0,1,5,1]',
    '[0,0,1,"[\\"x\\",\\"y\\"]",1]',
    '[0,0,1,"[\\"x\\"]",null]',
    '[0,0,1,"[\\"x\\"]",-1]',
    '[]',
    'not json',
  ])('with the line %s is omitted and reported', async (line) => {
    const sorted = sortSnapshots([snapshotOf({}, line), other])
    const { writers, errors } = await new SnapshotReader().read(sorted, 'own', {}, 60_000, noPause)
    expect(writers.map(({ writer }) => writer)).toEqual(['other'])
    expect(errors).toMatchObject([{ code: 'FILE_UNREADABLE', reason: 'broken' }])
  })

  test('costs a family that no metric could have written', async () => {
    const evil = JSON.stringify({ ...jobs, name: 'a\nevil 1' })
    const sorted = sortSnapshots([snapshotOf({}, evil, '[0,1,1,"[\\"x\\"]",1]'), other])
    const { writers, errors } = await new SnapshotReader().read(sorted, 'own', {}, 60_000, noPause)
    expect(writers.map(({ writer, log }) => [writer, log.length])).toEqual([
      ['w', 1],
      ['other', 1],
    ])
    expect(errors).toMatchObject([{ code: 'FILE_UNREADABLE', reason: 'broken_line' }])
  })

  test('loses its exemplars if they are invalid', async () => {
    const writer = new FollowedWriter()
    for (const exemplars of [
      'x',
      '[[0,0,{"labels":{"a\\n":"b"},"value":1}]]',
      '[[0,0,{"labels":{},"value":"1"}]]',
      '{}',
    ]) {
      const snapshot = sortSnapshots([snapshotOf({})]).snapshots[0]!
      await writer.follow(snapshot, noPause)
      const read = writer.snapshot({ ...snapshot, exemplars: Buffer.from(exemplars) }, true)
      expect(read.exemplars!()).toEqual([])
    }
  })
})

describe('the stored text in Redis', () => {
  const facts = { kind: 'writer', instance: 'i', startedAt: 1, epoch: 1 }

  test('is an entry when a writer could have written it', () => {
    expect(entryFrom(`1 2 3 4 5 ${JSON.stringify(facts)}`)).toMatchObject({ version: 1, seat: 2, facts })
    const wrong = [
      { kind: 'evil' },
      { instance: 5 },
      { startedAt: 'x' },
      { startedAt: null },
      { epoch: -1 },
      { process: 5 },
      { parts: 'x' },
      { parts: [{}] },
    ]
    for (const each of wrong) expect(entryFrom(`1 2 3 4 5 ${JSON.stringify({ ...facts, ...each })}`)).toBeUndefined()
    expect(entryFrom(`${'9'.repeat(400)} 2 3 4 5 ${JSON.stringify(facts)}`)).toBeUndefined()
    expect(entryFrom('1 2 3 4 5 {}')).toBeUndefined()
  })

  test('is a removal when a writer could have written it', () => {
    expect(removalFrom('["w","default","n",{"a":null}]')).toEqual({
      ...{ author: 'w', registry: 'default', name: 'n', labels: { a: null } },
    })
    for (const text of ['', 'x', '5', 'null', '[]', '["w","r","n"]', '["w","r","n",{"a":5}]', '["w","r",5,{}]']) {
      expect(removalFrom(text)).toBeUndefined()
    }
  })

  test('is a name when a writer could have written it: each other line is counted, and costs itself', async () => {
    const names = new Names()
    const good = JSON.stringify(counterFamily('jobs_total', { labelNames: ['text'] }))
    const faulty = [
      'o 0 0 1 1 ["x","y"]',
      'o 0 0 1 NaN ["x"]',
      'o 0 0 -1 1 ["x"]',
      'o 0 0 999999999999 1 ["x"]',
      'o 0 x 1 1 ["x"]',
      'o 5 0 1 1 ["x"]',
      'r 0 0 1 x',
      'f 99999999999 {}',
      'evil',
    ]
    await names.read(Buffer.from([`f 0 ${good}`, ...faulty, 'o 0 0 1 1 ["ok"]', ''].join('\n')), noPause)
    expect(names.faults).toBe(faulty.length)
    expect(names.log().keyOf).toEqual(['["ok"]'])
    const evil = `f 1 ${JSON.stringify({ ...JSON.parse(good), name: 'a\nevil 1' })}\no 1 0 1 1 ["x"]\n`
    await names.read(Buffer.from(evil), noPause)
    expect(names.log().length).toBe(1)
  })
})
