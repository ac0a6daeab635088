import { describe, expect, test } from 'vitest'
import { stateSetLayout, stateSlots } from '../../../src/model/layout/stateset.js'
import { type StateSetMode, stateSetModes } from '../../../src/model/metric-type.js'
import { stateSetFamily } from '../../helpers/families.js'
import { area, areaOf, statesOf } from '../../helpers/slots.js'

function layoutFor(mode: StateSetMode) {
  return stateSetLayout(stateSetFamily('phase', ['starting', 'running', 'draining'], mode))
}

interface Writer {
  readonly slots: Float64Array
  readonly live: boolean
  readonly epoch: number
}

/** A writer whose states were set at a time, by an owner of its seat. */
function setAt(seconds: number, states: readonly number[], { epoch = 1, owner = 1, live = true } = {}): Writer {
  return { slots: Float64Array.of(0, epoch, seconds, ...states), live, epoch: owner }
}

const running = [0, 1, 0]
const draining = [0, 0, 1]

/** The merged states of some writers, or undefined when there are none to show. */
function merged(mode: StateSetMode, ...writers: readonly Writer[]): number[] | undefined {
  const layout = layoutFor(mode)
  const into = new Float64Array(layout.mergedWidth)
  for (const { slots, live, epoch } of writers) {
    if (live || layout.keepsDead) layout.combine(into, 0, slots, 0, { live, epoch, now: 0 })
  }
  return layout.present(into, 0) ? [...into.subarray(1)] : undefined
}

test('a stateset is a sequence number, the owner, the time, and a slot per state', () => {
  expect(layoutFor('mostrecent')).toMatchObject({ width: 6, mergedWidth: 4, sequenced: true, keepsDead: false })
  expect(layoutFor('mostrecent').additiveFrom).toBeUndefined()
  expect(stateSlots).toEqual({ sequence: 0, epoch: 1, seconds: 2, states: 3 })
})

test('only under all every writer keeps a series of its own', () => {
  expect(stateSetModes.filter((mode) => layoutFor(mode).perWriter)).toEqual(['all'])
})

describe('of several writers', () => {
  test('mostrecent shows the states that were set last', () => {
    expect(merged('mostrecent', setAt(20, draining), setAt(10, running))).toEqual(draining)
    expect(merged('mostrecent', setAt(10, running), setAt(20, draining))).toEqual(draining)
  })

  test('mostrecent takes all states of the one writer, and mixes nothing', () => {
    expect(merged('mostrecent', setAt(10, [1, 1, 0]), setAt(20, [0, 0, 1]))).toEqual([0, 0, 1])
  })

  test('of two that were set at the same time the later seat is shown', () => {
    expect(merged('mostrecent', setAt(10, running), setAt(10, draining))).toEqual(draining)
  })

  test('count shows how many are in each', () => {
    expect(merged('count', setAt(30, running), setAt(10, draining), setAt(20, running))).toEqual([0, 2, 1])
  })

  test('one whose initial state was set long ago is replaced by any that was set', () => {
    const initial = setAt(Number.MIN_VALUE, [1, 0, 0])
    expect(merged('mostrecent', setAt(10, running), initial)).toEqual(running)
    expect(merged('mostrecent', initial)).toEqual([1, 0, 0])
  })

  test.each(stateSetModes)('under %s dead processes are in no state', (mode) => {
    expect(merged(mode, setAt(20, draining, { live: false }), setAt(10, running))).toEqual(running)
    expect(merged(mode, setAt(20, draining, { live: false }))).toBeUndefined()
  })

  test.each(stateSetModes)('under %s nothing is shown until a state is set', (mode) => {
    const slots = area(6)
    layoutFor(mode).claim(slots, 0, 1)
    expect(merged(mode, { slots: slots.values, live: true, epoch: 1 })).toBeUndefined()
  })
})

describe('when a seat changes hands', () => {
  test.each(stateSetModes)("under %s the dead owner's states are not the new one's", (mode) => {
    expect(merged(mode, setAt(10, running, { epoch: 1, owner: 2 }))).toBeUndefined()
  })

  test.each(stateSetModes)('under %s the new owner begins with none', (mode) => {
    const slots = areaOf(0, 1, 10, ...running)
    layoutFor(mode).claim(slots, 0, 2)
    expect([...slots.values.subarray(1)]).toEqual([2, 0, 0, 0, 0])
    expect(slots.words[0]).toBe(2)
  })

  test('claiming again as the same owner changes nothing', () => {
    const slots = areaOf(0, 2, 10, ...running)
    layoutFor('count').claim(slots, 0, 2)
    expect([...slots.values]).toEqual([0, 2, 10, ...running])
  })

  test('a record that was left odd becomes even', () => {
    const slots = areaOf(0, 2, 10, ...running)
    slots.words[0] = 3
    layoutFor('count').claim(slots, 0, 2)
    expect(slots.words[0]).toBe(4)
  })

  test('killed at any store of the claim: not shown, and claimed again it begins with no state', () => {
    const layout = layoutFor('mostrecent')
    const { values, words } = areaOf(0, 1, 10, ...running)
    // `fill` on the observed array stores slot by slot, as the processor does.
    const states = statesOf(values, (watched) => {
      const plain = Object.assign(watched, { fill: fillSlowly })
      layout.claim({ values: plain, words }, 0, 2)
    })
    expect(states.length).toBeGreaterThan(3)
    for (const state of states) {
      expect(merged('mostrecent', { slots: state, live: true, epoch: 2 })).toBeUndefined()
      const again = { values: state.slice(), words: new Int32Array(12) }
      layout.claim(again, 0, 3)
      expect([...again.values.subarray(1)]).toEqual([3, 0, 0, 0, 0])
    }
  })
})

describe('carried to another store', () => {
  test.each([
    [10, draining],
    [30, running],
  ])('states set at %d beside others set at 20: the later are kept', (seconds, expected) => {
    const there = areaOf(0, 7, 20, ...draining)
    layoutFor('mostrecent').carry(there, 0, areaOf(0, 1, seconds, ...running), 0, 7, 0)
    expect(merged('mostrecent', { slots: there.values, live: true, epoch: 7 })).toEqual(expected)
    expect(there.words[0]! & 1).toBe(0)
  })
})

test('a stateset of a later version is refused', () => {
  expect(() => stateSetLayout(stateSetFamily('s', ['a'], 'longest' as never))).toThrow(TypeError)
  expect(() => stateSetLayout(stateSetFamily('s', 'abc' as never))).toThrow(TypeError)
})

function fillSlowly(this: Float64Array, value: number, from: number, to: number): Float64Array {
  for (let i = from; i < to; i++) this[i] = value
  return this
}
