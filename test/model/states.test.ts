import { describe, expect, test } from 'vitest'
import { checkStates, stateIndex } from '../../src/model/states.js'
import { faultOf } from '../helpers/fault.js'

describe('states', () => {
  test('keep the order in which they were passed, and do not follow the array', () => {
    const given = ['b', 'a']
    const states = checkStates('s', given)
    given.push('c')
    expect(states).toEqual(['b', 'a'])
  })

  test.each<[unknown, string]>([
    [undefined, "states must be an array such as ['starting', 'running'], got undefined"],
    [[], "states must be an array such as ['starting', 'running'], got an array of 0"],
    ['on', "states must be an array such as ['starting', 'running'], got \"on\""],
    [['on', ''], '"" is not a state'],
    [[1], '1 is not a state'],
    [['on', 'off', 'on'], 'state "on" is given twice'],
  ])('%j are refused', (states, text) => {
    expect(faultOf(() => checkStates('s', states))).toContain(`STATES_INVALID: s: ${text}`)
  })
})

test('a state is found by its name, and the error for an unknown one lists the known ones', () => {
  expect(stateIndex('s', ['a', 'b'], 'b')).toBe(1)
  expect(faultOf(() => stateIndex('s', ['a', 'b'], 'c'))).toBe('STATE_UNKNOWN: s has no state "c"; it has a, b')
  expect(faultOf(() => stateIndex('s', ['a', 'b'], undefined))).toBe(
    'STATE_UNKNOWN: s has no state undefined; it has a, b',
  )
})
