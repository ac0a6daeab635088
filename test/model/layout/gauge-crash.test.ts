import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaugeLayout, gaugeValueSlot } from '../../../src/model/layout/gauge.js'
import { holds } from '../../helpers/property.js'
import { area, mergedValue, statesOf } from '../../helpers/slots.js'

const modes = ['sum', 'min', 'max'] as const
type KeepingMode = (typeof modes)[number]

const fold: Record<KeepingMode, (values: readonly number[]) => number> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
}

/** The states that a crash can leave while `epoch` claims the series; the last one is the claim done. */
function claiming(mode: KeepingMode, slots: Float64Array, epoch: number): Float64Array[] {
  const words = new Int32Array(slots.buffer)
  return statesOf(slots, (values) => gaugeLayout(mode).claim({ values, words }, 0, epoch))
}

function shown(mode: KeepingMode, slots: Float64Array, epoch: number): number | undefined {
  return mergedValue(gaugeLayout(mode), [{ slots, live: true, epoch }])
}

describe.each(modes)('a gauge under %s', (mode) => {
  /** The series after owners 1, 2 … had these values and died. */
  function diedWith(...values: number[]): Float64Array {
    const { values: slots } = area(5)
    for (const [i, value] of values.entries()) {
      claiming(mode, slots, i + 1)
      slots[gaugeValueSlot(mode, slots, 0)] = value
    }
    return slots
  }

  test.each([[[5]], [[5, 7]], [[-3, 5, 7]]])(
    'after %j, killed at any store of the next claim: shows as before',
    (dead) => {
      const states = claiming(mode, diedWith(...dead), dead.length + 1)
      expect(states.length).toBeGreaterThan(1)
      for (const state of states.slice(0, -1)) expect(shown(mode, state, dead.length + 1)).toBe(fold[mode](dead))
      expect(shown(mode, states.at(-1)!, dead.length + 1)).toBe(fold[mode]([...dead, 0]))
    },
  )

  test.each([[[5]], [[5, 7]], [[-3, 5, 7]]])('after %j, killed at any store, claimed again: folds once', (dead) => {
    for (const state of claiming(mode, diedWith(...dead), dead.length + 1).slice(0, -1)) {
      for (const epoch of [dead.length + 1, dead.length + 2]) {
        const again = state.slice()
        claiming(mode, again, epoch)
        expect(shown(mode, again, epoch)).toBe(fold[mode]([...dead, 0]))
      }
    }
  })

  test('whatever the crashes, every owner that got to write is counted exactly once', () => {
    const owner = fc.record({ stores: fc.nat({ max: 4 }), value: fc.integer({ min: -100, max: 100 }) })
    holds(
      fc.property(fc.array(owner, { minLength: 1, maxLength: 8 }), (owners) => {
        let slots = area(5).values
        const counted: number[] = []
        for (const [i, { stores, value }] of owners.entries()) {
          const states = claiming(mode, slots.slice(), i + 1)
          const killed = stores > 0 && stores < states.length
          slots = states[killed ? stores - 1 : states.length - 1]!
          if (!killed) {
            slots[gaugeValueSlot(mode, slots, 0)] = value
            counted.push(value)
          }
          expect(shown(mode, slots, i + 1)).toBe(counted.length === 0 ? undefined : fold[mode](counted))
        }
      }),
    )
  })
})

test('a claim under the other modes may be killed at any store and repeated: it begins at 0', () => {
  for (const mode of ['all', 'livesum', 'livemin', 'livemax', 'liveall'] as const) {
    const layout = gaugeLayout(mode)
    const slots = area(2)
    layout.claim(slots, 0, 1)
    slots.values[1] = 5
    for (const state of statesOf(slots.values, (values) => layout.claim({ values, words: slots.words }, 0, 2))) {
      const again = { values: state.slice(), words: new Int32Array(4) }
      layout.claim(again, 0, 3)
      expect([...again.values], mode).toEqual([3, 0])
    }
  }
})
