import { describe, expect, test } from 'vitest'
import { Counter, Registry } from '../../src/index.js'
import { faultOf } from '../helpers/fault.js'
import { shown } from '../helpers/samples.js'

function pairs() {
  const registry = new Registry()
  const counter = new Counter({ name: 'p', help: 'P.', labelNames: ['b', 'a'], registers: [registry] })
  // Values that JavaScript may pass, whatever the types permit.
  return { registry, counter, inc: (labels: unknown, amount = 1) => counter.inc(labels as never, amount) }
}

describe('making a metric', () => {
  test.each([
    ['no options', undefined, /^OPTION_INVALID: a metric is made from an object with name and help, got undefined$/],
    ['a name alone', 'jobs_total', /^OPTION_INVALID: a metric is made from .+, got "jobs_total"$/],
    ['no name', { help: 'J.' }, /^NAME_MISSING: a metric needs a name: got undefined; pass { name: 'jobs_total', … }$/],
    ['a bad name', { name: 'my jobs', help: 'J.' }, /^NAME_INVALID: "my jobs" is not a metric name: use letters/],
    [
      'no help',
      { name: 'j' },
      /^HELP_MISSING: j needs a help text: say in one sentence what it counts; got undefined$/,
    ],
    [
      'a bad label name',
      { name: 'j', help: 'J.', labelNames: ['a-b'] },
      /^LABEL_NAME_INVALID: j: "a-b" is not a label name/,
    ],
    [
      'labels that are not an array',
      { name: 'j', help: 'J.', labelNames: 'a' },
      /^LABEL_NAME_INVALID: j: labelNames must be an array/,
    ],
    [
      'a label of Prometheus',
      { name: 'j', help: 'J.', labelNames: ['__a'] },
      /^LABEL_RESERVED: j: label "__a" is reserved/,
    ],
    [
      'a collect that is not a function',
      { name: 'j', help: 'J.', collect: 1 },
      /^OPTION_INVALID: j: collect must be a function, got 1$/,
    ],
    [
      'one registry instead of an array',
      { name: 'j', help: 'J.', registers: new Registry() },
      /^REGISTER_INVALID: j: registers must be an array of registries, got an object$/,
    ],
    [
      'null for a registry',
      { name: 'j', help: 'J.', registers: [null] },
      /^REGISTER_INVALID: j: null in registers is not a Registry$/,
    ],
    [
      'something else for a registry',
      { name: 'j', help: 'J.', registers: [{}] },
      /^REGISTER_INVALID: j: an object in registers/,
    ],
  ])('from %s is refused', (_, options, text) => {
    expect(faultOf(() => new Counter(options as never))).toMatch(text)
  })

  test('keeps the label names in the order in which they were declared', () => {
    expect(pairs().counter).toMatchObject({ name: 'p', help: 'P.', labelNames: ['b', 'a'] })
  })

  test.each([undefined, null])('takes %s for no label names', async (labelNames) => {
    const registry = new Registry()
    new Counter({ name: 'p', help: 'P.', labelNames: labelNames as never, registers: [registry] })
    expect(await shown(registry)).toEqual({ p: 0 })
  })

  test('does not follow the array of label names when it changes', async () => {
    const registry = new Registry()
    const labelNames = ['a']
    const counter = new Counter({ name: 'p', help: 'P.', labelNames, registers: [registry] })
    labelNames.push('b')
    counter.labels('1').inc()
    expect(await shown(registry)).toEqual({ 'p{a="1"}': 1 })
  })

  test('in no registry still counts, and get() shows it', async () => {
    const counter = new Counter({ name: 'p', help: 'P.', registers: [] })
    expect((await counter.get()).values).toEqual([{ labels: {}, value: 0 }])
    counter.inc(2)
    expect((await counter.get()).values).toEqual([{ labels: {}, value: 2 }])
  })

  test('in two registries shows it in both', async () => {
    const registers = [new Registry(), new Registry()]
    new Counter({ name: 'p', help: 'P.', registers }).inc()
    for (const registry of registers) expect(await shown(registry)).toEqual({ p: 1 })
  })
})

describe('label values', () => {
  test('mean the same series in any order of their names', async () => {
    const { inc, counter, registry } = pairs()
    inc({ a: '1', b: '2' })
    inc({ b: '2', a: '1' })
    counter.labels('2', '1').inc()
    counter.labels({ b: '2', a: '1' }).inc()
    expect(await shown(registry)).toEqual({ 'p{a="1",b="2"}': 4 })
  })

  test.each([
    ['separators', { a: 'x|', b: 'y' }, { a: 'x', b: '|y' }],
    ['the pattern of a key', { a: '1,b:2' }, { a: '1', b: '2' }],
    ['an empty text on either side', { a: '', b: 'x' }, { a: 'x', b: '' }],
    ['the text null and null', { a: 'null', b: 'x' }, { a: null, b: 'x' }],
    ['the text undefined and undefined', { a: 'undefined', b: 'x' }, { a: undefined, b: 'x' }],
    ['quotes', { a: '"', b: '' }, { a: '', b: '"' }],
    ['the brackets of a key', { a: '","', b: '' }, { a: '', b: '","' }],
    ['a unicode letter and its parts', { a: '\u00e9' }, { a: 'e\u0301' }],
  ])('that differ in %s are two series', async (_, one, other) => {
    const { inc, registry } = pairs()
    inc(one, 1)
    inc(other, 2)
    inc(one, 10)
    inc(other, 20)
    expect(Object.values(await shown(registry)).sort()).toEqual([11, 22])
  })

  test.each([
    // To Prometheus they are: a scrape that shows both shows one series twice.
    ['an empty text and no label', { a: '' }, {}],
    ['an empty text and undefined', { a: 'x', b: '' }, { a: 'x', b: undefined }],
    ['numbers and their texts', { a: 1, b: 0.5 }, { a: '1', b: '0.5' }],
    ['booleans and their texts', { a: true, b: false }, { a: 'true', b: 'false' }],
    ['a bigint and its text', { a: 1n, b: 'x' }, { a: '1', b: 'x' }],
    ['NaN and its text', { a: Number.NaN, b: 'x' }, { a: 'NaN', b: 'x' }],
    ['-0 and 0', { a: -0, b: 'x' }, { a: 0, b: 'x' }],
    ['undefined and null', { a: undefined, b: 'x' }, { a: null, b: 'x' }],
    ['undefined and no label', { a: undefined, b: 'x' }, { b: 'x' }],
    ['all of them absent', { a: undefined, b: null }, {}],
  ])('are the same series: %s', async (_, one, other) => {
    const { inc, registry } = pairs()
    inc(one, 1)
    inc(other, 2)
    inc(one, 4)
    expect(Object.values(await shown(registry))).toEqual([7])
  })

  test.each([undefined, null])('of %s leave the label out', async (absent) => {
    const { inc, registry } = pairs()
    inc({ a: absent, b: 'x' })
    inc({ a: absent, b: absent })
    expect(await shown(registry)).toEqual({ p: 1, 'p{b="x"}': 1 })
  })

  test('may be passed in part', async () => {
    const { inc, registry } = pairs()
    inc({ a: 'x' })
    inc({ b: 'x' })
    inc({})
    expect(await shown(registry)).toEqual({ p: 1, 'p{a="x"}': 1, 'p{b="x"}': 1 })
  })

  test('are not followed when the object of the caller changes', async () => {
    const { inc, registry } = pairs()
    const labels = { a: '1', b: '1' }
    inc(labels)
    labels.a = '2'
    expect(await shown(registry)).toEqual({ 'p{a="1",b="1"}': 1 })
    inc(labels)
    expect(await shown(registry)).toEqual({ 'p{a="1",b="1"}': 1, 'p{a="2",b="1"}': 1 })
  })

  test('may come in a frozen object, or in one without a prototype', async () => {
    const { inc, registry } = pairs()
    inc(Object.freeze({ a: '1', b: '1' }))
    inc(Object.assign(Object.create(null), { a: '1', b: '1' }))
    expect(await shown(registry)).toEqual({ 'p{a="1",b="1"}': 2 })
  })

  test('may be named like what every object has', async () => {
    const registry = new Registry()
    const labelNames = ['constructor', 'toString'] as const
    const counter = new Counter({ name: 'p', help: 'P.', labelNames, registers: [registry] })
    counter.inc({ constructor: 'a', toString: 'b' } as never)
    counter.labels('__proto__', 'hasOwnProperty').inc()
    expect(await shown(registry)).toEqual({
      'p{constructor="__proto__",toString="hasOwnProperty"}': 1,
      'p{constructor="a",toString="b"}': 1,
    })
  })
})

describe('wrong labels', () => {
  test.each([{ c: '1' }, { a: '1', b: '1', c: '1' }])('an undeclared name is refused: %j', async (labels) => {
    const { counter, inc, registry } = pairs()
    const expected = 'LABEL_UNKNOWN: p has no label "c" (declared: b, a); add it to labelNames or leave it out'
    expect(faultOf(() => inc(labels))).toBe(expected)
    expect(faultOf(() => counter.labels(labels as never))).toBe(expected)
    expect(faultOf(() => counter.remove(labels as never))).toBe(expected)
    expect(await shown(registry)).toEqual({})
  })

  test('any name is refused by a metric without labels', () => {
    const counter = new Counter({ name: 'j', help: 'J.', registers: [] })
    expect(faultOf(() => counter.inc({ a: '1' } as never))).toBe(
      'LABEL_UNKNOWN: j has no label "a" (it has none); add it to labelNames or leave it out',
    )
  })

  test.each([[['1']], [['1', '2', '3']], [[]]])('too few or too many in order are refused: %j', (values) => {
    const { counter } = pairs()
    const expected = `LABEL_COUNT: p: ${values.length} label values for 2 label names (b, a)`
    expect(faultOf(() => (counter as Counter<string>).labels(...(values as [string])))).toContain(expected)
    expect(faultOf(() => (counter as Counter<string>).remove(...(values as [string])))).toContain(expected)
  })
})
