import { type GaugeMode, gaugeModes } from '../metric-type.js'
import { closeRecord, type SlotArea, type SlotLayout } from './slot-layout.js'
import type { TypeRules } from './type-rules.js'

/** How the values of two owners become one. */
type Merge = 'all' | 'sum' | 'min' | 'max' | 'average'

/**
 * A gauge's value belongs to an owner of the seat, which the stored epoch identifies. So the values of a dead owner
 * stay in place until the new one claims the series, and no process has to go through the file at a takeover.
 *
 * - `all` and the `live…` modes: `[epoch][value]`. Claiming starts at 0.
 * - `sum`, `min`, `max` keep the values of dead owners: `[state][value][kept][value][kept]`, where `state = 2 * epoch +
 * side` names the pair in use. Claiming folds the dead value into `kept` of the other pair, then changes the state in a
 * single store, so a crash before or after it never folds twice.
 * - `mostrecent`: `[sequence][epoch][seconds][value]`. Never set means no value.
 *
 * Merged: `[1 when present, or seconds][value]`; `[number of values][mean][sum]` for `liveaverage`.
 *
 * @param hasProcessLabel whether the series of a process already have the label that distinguishes them
 */
export function gaugeLayout(mode: GaugeMode, hasProcessLabel = false): SlotLayout {
  const keepsDead = !mode.startsWith('live')
  const merge = mode.replace('live', '') as Merge | 'mostrecent'
  const carry: SlotLayout['replace'] = (into, intoAt, from, fromAt) => {
    into.values[gaugeValueSlot(mode, into.values, intoAt)] = from.values[gaugeValueSlot(mode, from.values, fromAt)]!
  }
  const mergedWidth = merge === 'average' ? 3 : 2
  const shared = {
    mergedWidth,
    additiveFrom: undefined,
    keepsDead,
    perWriter: merge === 'all' && !hasProcessLabel,
    present,
  }
  if (merge === 'mostrecent') {
    const replace: SlotLayout['replace'] = (into, intoAt, from, fromAt, epoch) => {
      Atomics.add(into.words, intoAt * 2, 1)
      into.values[intoAt + 1] = epoch
      into.values.set(from.values.subarray(fromAt + 2, fromAt + 4), intoAt + 2)
      Atomics.add(into.words, intoAt * 2, 1)
    }
    return {
      ...shared,
      width: 4,
      sequenced: true,
      claim: (area, at) => closeRecord(area.words, at),
      carry(into, intoAt, from, fromAt, epoch) {
        if (from.values[fromAt + 2]! > into.values[intoAt + 2]!) replace(into, intoAt, from, fromAt, epoch)
      },
      replace,
      combine(into, intoAt, from, at, owner) {
        if (!keepsDead && from[at + 1] !== owner.epoch) return
        const seconds = from[at + 2]!
        // The later reader wins a tie: readers go by seat, so every process shows the same.
        if (seconds > 0 && seconds >= into[intoAt]!) put(into, intoAt, seconds, from[at + 3]!)
      },
    }
  }
  if (keepsDead && merge !== 'all' && merge !== 'average') {
    return {
      ...shared,
      ...(merge === 'sum' && { deduct: deductSum, together: togetherAsSum }),
      width: 5,
      sequenced: false,
      claim: (area, at, epoch) => fold(merge, area, at, epoch),
      carry(into, intoAt, from, fromAt) {
        const here = intoAt + pairAt(into.values[intoAt]!)
        const there = fromAt + pairAt(from.values[fromAt]!)
        into.values[here] = from.values[there]!
        // The kept values of dead owners move together with the value of the living owner.
        const kept = from.values[there + 1]!
        if (!Number.isNaN(kept)) into.values[here + 1] = foldTwo(merge, kept, into.values[here + 1]!)
      },
      replace({ values }, intoAt, from, fromAt, epoch) {
        const used = pairAt(values[intoAt]!)
        const next = used === 1 ? 3 : 1
        values[intoAt + next] = from.values[fromAt + pairAt(from.values[fromAt]!)]!
        // The kept values of dead owners belong to the replaced value.
        values[intoAt + next + 1] = Number.NaN
        values[intoAt] = 2 * epoch + (next === 3 ? 1 : 0)
      },
      combine(into, intoAt, from, at) {
        const state = from[at]!
        if (state === 0) return
        const pair = pairAt(state)
        accumulate(merge, into, intoAt, from[at + pair]!)
        const kept = from[at + pair + 1]!
        // NaN in `kept` means that no writer has died with a value yet.
        if (!Number.isNaN(kept)) accumulate(merge, into, intoAt, kept)
      },
    }
  }
  return {
    ...shared,
    width: 2,
    sequenced: false,
    claim({ values }, at, epoch) {
      if (values[at] === epoch) return
      values[at + 1] = 0
      values[at] = epoch
    },
    carry,
    replace: carry,
    combine(into, intoAt, from, at, owner) {
      const epoch = from[at]!
      if (epoch === 0 || (!keepsDead && epoch !== owner.epoch)) return
      accumulate(merge, into, intoAt, from[at + 1]!)
    },
  }
}

/** Returns the slot of a claimed gauge that `set`, `inc` and `dec` change. */
export function gaugeValueSlot(mode: GaugeMode, values: Float64Array, at: number): number {
  if (mode.endsWith('mostrecent')) return at + 3
  if (mode === 'sum' || mode === 'min' || mode === 'max') return at + pairAt(values[at]!)
  return at + 1
}

function present(merged: Float64Array, at: number): boolean {
  return merged[at] !== 0
}

/** The value stays with its owner. It is also part of a dead value elsewhere, so it is subtracted from the kept one. */
function deductSum({ values }: SlotArea, at: number, before: Float64Array): void {
  const kept = at + pairAt(values[at]!) + 1
  values[kept] = orNothing(values[kept]!) - amountOf(before)
}

function togetherAsSum(now: SlotArea, before: SlotArea): void {
  now.values.set([0, amountOf(now.values) + amountOf(before.values), 0, 0, 0])
}

/** What the slots add to the sum. */
function amountOf(values: Float64Array): number {
  const pair = pairAt(values[0]!)
  return values[pair]! + orNothing(values[pair + 1]!)
}

function orNothing(kept: number): number {
  return Number.isNaN(kept) ? 0 : kept
}

function pairAt(state: number): 1 | 3 {
  return state % 2 === 0 ? 1 : 3
}

function fold(merge: 'sum' | 'min' | 'max', { values }: SlotArea, at: number, epoch: number): void {
  const state = values[at]!
  if (Math.floor(state / 2) === epoch) return
  const used = pairAt(state)
  const next = used === 1 ? 3 : 1
  values[at + next] = 0
  values[at + next + 1] = state === 0 ? Number.NaN : foldTwo(merge, values[at + used]!, values[at + used + 1]!)
  values[at] = 2 * epoch + (next === 3 ? 1 : 0)
}

function foldTwo(merge: 'sum' | 'min' | 'max', value: number, kept: number): number {
  if (Number.isNaN(kept)) return value
  return merge === 'sum' ? kept + value : merge === 'min' ? Math.min(kept, value) : Math.max(kept, value)
}

function accumulate(merge: Merge, into: Float64Array, at: number, value: number): void {
  if (merge === 'average') addToMean(into, at, value)
  else if (into[at] === 0 || merge === 'all') put(into, at, 1, value)
  else if (merge === 'sum') into[at + 1]! += value
  else if (merge === 'min' ? value < into[at + 1]! : value > into[at + 1]!) into[at + 1] = value
}

/** The sum beside the mean: of values that are added up, the mean does not depend on the order of the writers. */
function addToMean(into: Float64Array, at: number, value: number): void {
  into[at]! += 1
  into[at + 2]! += value
  into[at + 1] = into[at + 2]! / into[at]!
}

function put(into: Float64Array, at: number, mark: number, value: number): void {
  into[at] = mark
  into[at + 1] = value
}

export const gaugeType: TypeRules<'gauge'> = {
  layout({ name, mode, processLabel }) {
    if (!gaugeModes.includes(mode)) throw new TypeError(`${name}: a gauge of another version`)
    return gaugeLayout(mode, processLabel !== undefined)
  },
  isCumulative: false,
  extra: ({ mode, processLabel }) => (processLabel === undefined ? mode : [mode, processLabel]),
  difference: (a, b) => (a.mode === b.mode ? undefined : `mode ${a.mode} and ${b.mode}`),
  total: (slots, at) => ({ total: present(slots, at) ? slots[at + 1]! : 0 }),
}
