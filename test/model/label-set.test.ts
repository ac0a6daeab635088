import { describe, expect, test } from 'vitest'
import { checkLabelNames, labelText } from '../../src/model/label-set.js'
import { faultOf } from '../helpers/fault.js'

describe('label names', () => {
  test('are returned in alphabetical order, and the passed array is unchanged', () => {
    const given = ['status', 'method', '_a', 'Z']
    expect(checkLabelNames('x', given)).toEqual(['Z', '_a', 'method', 'status'])
    expect(given).toEqual(['status', 'method', '_a', 'Z'])
  })

  test.each([[undefined], [null], [[]]])('may be omitted: %j', (names) => {
    expect(checkLabelNames('x', names)).toEqual([])
  })

  test.each(['1a', 'a b', 'a-b', 'a:b', 'größe', 'a\n', '', 7, null, undefined, {}])('may not be %j', (name) => {
    expect(faultOf(() => checkLabelNames('jobs_total', ['ok', name]))).toMatch(
      /^LABEL_NAME_INVALID: jobs_total: .+ is not a label name: use letters, digits and "_", not starting with a digit$/,
    )
  })

  test.each(['method', { method: 1 }, 7, () => []])('must be an array, not %s', (names) => {
    expect(faultOf(() => checkLabelNames('jobs_total', names))).toMatch(
      /^LABEL_NAME_INVALID: jobs_total: labelNames must be an array of names, got /,
    )
  })

  test('may not start with two underscores: those are for Prometheus', () => {
    expect(faultOf(() => checkLabelNames('jobs_total', ['__name__']))).toBe(
      'LABEL_RESERVED: jobs_total: label "__name__" is reserved: Prometheus keeps names that start with "__"',
    )
  })

  test('may not be what the type of the metric writes itself', () => {
    expect(faultOf(() => checkLabelNames('seconds', ['a', 'le'], ['le']))).toBe(
      'LABEL_RESERVED: seconds: label "le" is reserved: this type of metric writes it itself; rename yours',
    )
    expect(faultOf(() => checkLabelNames('seconds', ['le']))).toBe('no error')
  })

  test('may not be declared twice', () => {
    expect(faultOf(() => checkLabelNames('jobs_total', ['a', 'b', 'a']))).toBe(
      'LABEL_NAME_INVALID: jobs_total: label "a" is declared twice',
    )
  })
})

describe('a label value', () => {
  test.each([[undefined], [null], ['']])('that shows nothing is none: %j', (value) => {
    expect(labelText('x', 'a', value)).toBeNull()
  })

  test.each([
    [0, '0'],
    [false, 'false'],
    ['x', 'x'],
    [7n, '7'],
    ['ab😀'.slice(0, 3), 'ab\ufffd'],
  ] as const)('is its text: %s', (value, text) => {
    expect(labelText('x', 'a', value)).toBe(text)
  })
})
