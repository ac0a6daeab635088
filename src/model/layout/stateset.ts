import type { FamilyDescriptor } from '../descriptor.js'
import { stateSetModes } from '../metric-type.js'
import { checkStates } from '../states.js'
import { addSlots, closeRecord, type SlotLayout } from './slot-layout.js'
import type { TypeRules } from './type-rules.js'

/** The offsets of a stateset's slots from its first one. Merged, only `[present or seconds][state 0] …` are left. */
export const stateSlots = { sequence: 0, epoch: 1, seconds: 2, states: 3 } as const

/**
 * `[sequence][epoch][seconds][state 0] …`: a state is 1 or 0, and seconds is when they were set; 0 is never.
 *
 * As with gauges, the epoch identifies the owner of these states: those of a dead owner are not shown, and a new owner
 * begins without states. Merged: `[present or seconds][state 0] …`, the states that were set last, or the number of
 * processes in each.
 */
export function stateSetLayout({ name, states, mode }: FamilyDescriptor<'stateset'>): SlotLayout {
  if (!Array.isArray(states) || !stateSetModes.includes(mode)) {
    throw new TypeError(`${name}: a stateset of another version`)
  }
  const count = states.length
  const width = stateSlots.states + count
  const replace: SlotLayout['replace'] = (into, intoAt, from, fromAt, epoch) => {
    Atomics.add(into.words, intoAt * 2, 1)
    into.values[intoAt + stateSlots.epoch] = epoch
    into.values.set(from.values.subarray(fromAt + stateSlots.seconds, fromAt + width), intoAt + stateSlots.seconds)
    Atomics.add(into.words, intoAt * 2, 1)
  }
  return {
    width,
    mergedWidth: 1 + count,
    additiveFrom: undefined,
    sequenced: true,
    keepsDead: false,
    perWriter: mode === 'all',
    claim({ values, words }, at, epoch) {
      closeRecord(words, at)
      if (values[at + stateSlots.epoch] === epoch) return
      Atomics.add(words, at * 2, 1)
      // The states are cleared before the epoch is set: after a crash in between, they still belong to the dead owner.
      values.fill(0, at + stateSlots.seconds, at + width)
      values[at + stateSlots.epoch] = epoch
      Atomics.add(words, at * 2, 1)
    },
    carry(into, intoAt, from, fromAt, epoch) {
      if (!(from.values[fromAt + stateSlots.seconds]! > into.values[intoAt + stateSlots.seconds]!)) return
      replace(into, intoAt, from, fromAt, epoch)
    },
    replace,
    combine(into, intoAt, from, at, owner) {
      const seconds = from[at + stateSlots.seconds]!
      if (from[at + stateSlots.epoch] !== owner.epoch || !(seconds > 0)) return
      if (mode === 'count') {
        into[intoAt] = 1
        addSlots(into, intoAt + 1, from, at + stateSlots.states, count)
      } else if (seconds >= into[intoAt]!) {
        // The later reader wins a tie: readers go by seat, so every process shows the same.
        into[intoAt] = seconds
        for (let i = 0; i < count; i++) into[intoAt + 1 + i] = from[at + stateSlots.states + i]!
      }
    },
    present: (merged, at) => merged[at] !== 0,
  }
}

export const stateSetType: TypeRules<'stateset'> = {
  layout: stateSetLayout,
  isCumulative: false,
  extra: ({ states, mode }) => [states, mode],
  difference(a, b) {
    if (JSON.stringify(a.states) !== JSON.stringify(b.states))
      return `states [${a.states.join(', ')}] and [${b.states.join(', ')}]`
    return a.mode === b.mode ? undefined : `mode ${a.mode} and ${b.mode}`
  },
  reservedLabels: (name) => [name],
  check: ({ name, states }) => void checkStates(name, states),
}
