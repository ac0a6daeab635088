import { describe, expect, test } from 'vitest'
import { labelsAsPassed, recordLabels, SeriesLabels } from '../../../src/compat/prom-client/series-labels.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'

const family: FamilyDescriptor = {
  type: 'counter',
  name: 'requests_total',
  help: 'R.',
  labelNames: ['a', 'b', 'c'],
  registry: 'labels of series',
}

function labels(exists: () => boolean = () => true): SeriesLabels {
  return new SeriesLabels(['c', 'a', 'b'], ['a', 'b', 'c'], exists)
}

/** Names and values in their order. */
const shown = (of: object): unknown[] => Object.entries(of)

describe('the labels of a series', () => {
  test('are in the order and form in which they were first passed', () => {
    const record = labels()
    record.introduce(['1', 'x', 'true'], { b: 'x', a: 1, c: true })
    record.introduce(['2', 'y', 'z'], { a: 2, c: 'z', b: 'y' })
    expect(shown(record.of(['1', 'x', 'true']))).toEqual([
      ['b', 'x'],
      ['a', 1],
      ['c', true],
    ])
    expect(shown(record.of(['2', 'y', 'z']))).toEqual([
      ['a', 2],
      ['c', 'z'],
      ['b', 'y'],
    ])
  })

  test('that no call of this process has passed look like those of the first one', () => {
    const record = labels()
    record.introduce(['1', 'x', null], { b: 'x', a: 1 })
    expect(shown(record.of(['7', null, 'other']))).toEqual([
      ['a', 7],
      ['c', 'other'],
    ])
    // A text that no number has stays one.
    expect(record.of(['007', 'x', null])).toEqual({ b: 'x', a: '007' })
  })

  test('are in the declared order before any was passed', () => {
    expect(shown(labels().of(['1', null, 'x']))).toEqual([
      ['c', 'x'],
      ['a', '1'],
    ])
  })

  test('may be empty where the text is none', () => {
    const record = labels()
    record.introduce([null, 'x', null], { a: '', b: 'x' })
    record.introduce([null, 'y', null], { b: 'y' })
    expect(record.of([null, 'x', null])).toEqual({ a: '', b: 'x' })
    expect(record.of([null, 'y', null])).toEqual({ b: 'y' })
  })

  test('are those of the last introduction: the series may have been removed between', () => {
    const record = labels()
    record.introduce(['1', null, null], { a: '1' })
    record.introduce(['1', 'x', null], { b: 'x', a: 1 })
    record.introduce(['1', 'x', null], { a: '1', b: 'x' })
    expect(shown(record.of(['1', 'x', null]))).toEqual([
      ['a', '1'],
      ['b', 'x'],
    ])
  })

  test('are kept although the metric counts in a series only after it has passed its labels', () => {
    const counted = new Set<string>()
    const record = new SeriesLabels(['c', 'a', 'b'], ['a', 'b', 'c'], ([a]) => counted.has(a!))
    for (let i = 0; i < 3000; i++) {
      record.introduce([String(i), 'x', null], i === 0 ? { a: '0', b: 'x' } : { b: 'x', a: i })
      counted.add(String(i))
    }
    for (let i = 1; i < 3000; i++)
      expect(shown(record.of([String(i), 'x', null]))).toEqual([
        ['b', 'x'],
        ['a', i],
      ])
  })

  test('of removed series keep no memory', () => {
    const record = labels(() => false)
    record.introduce(['0', null, null], { a: '0' })
    for (let i = 1; i < 10_000; i++) record.introduce([String(i), null, null], { a: i })
    expect((record as unknown as { others: Map<string, unknown> }).others.size).toBeLessThan(1000)
  })

  test('are found by the definition as well, as another process wrote it down', () => {
    expect(shown(labelsAsPassed(family, ['1', 'x', null]))).toEqual([
      ['a', '1'],
      ['b', 'x'],
    ])
    const record = labels()
    record.introduce(['1', 'x', null], { b: 'x', a: 1 })
    recordLabels(family, record)
    const expected = [
      ['b', 'x'],
      ['a', 1],
    ]
    expect(shown(labelsAsPassed(family, ['1', 'x', null]))).toEqual(expected)
    expect(shown(labelsAsPassed({ ...family, help: 'Another.' }, ['1', 'x', null]))).toEqual(expected)
  })
})
