import type { FamilyDescriptor } from '../../model/descriptor.js'
import { gaugeValueSlot } from '../../model/layout/gauge.js'
import { histogramSlots } from '../../model/layout/histogram.js'
import { stateSlots } from '../../model/layout/stateset.js'
import { summarySlots } from '../../model/layout/summary.js'
import type { Slots } from '../contract.js'

/** The numbers of one series in the protocol, each by the name of its `histogramBucket`. */
export type Numbers = ReadonlyMap<string | undefined, number>

/** Whether the numbers of the processes are added (`inc` and `dec`), or the last one wins (`set`). */
export type Sharing = 'added' | 'last'

/** Returns how a family is shared as single numbers; undefined if that is not possible. */
export function sharingOf(family: FamilyDescriptor): Sharing | undefined {
  switch (family.type) {
    case 'gauge':
      if (family.mode.endsWith('mostrecent')) return 'last'
      return family.mode.endsWith('sum') ? 'added' : undefined
    case 'info':
    case 'stateset':
      return 'last'
    case 'counter':
    case 'unknown':
    case 'histogram':
    case 'summary':
      return 'added'
    default:
      return undefined
  }
}

/** Returns the names of the numbers of each series of a family. */
export function bucketsOf(family: FamilyDescriptor): readonly (string | undefined)[] {
  switch (family.type) {
    case 'histogram':
      return [...family.bounds.map(String), '+Inf', 'sum', 'count']
    case 'summary':
      return ['sum', 'count']
    case 'stateset':
      return family.states
    default:
      return [undefined]
  }
}

/** Returns the counts of a series as numbers; undefined for a series that was opened but never set. */
export function numbersOf(family: FamilyDescriptor, { values, at }: Slots): Numbers | undefined {
  switch (family.type) {
    case 'histogram': {
      const numbers = new Map<string | undefined, number>()
      let count = 0
      for (const [i, bound] of [...family.bounds, '+Inf'].entries()) {
        count += values[at + histogramSlots.buckets + i]!
        numbers.set(String(bound), count)
      }
      return numbers.set('sum', values[at + histogramSlots.sum]!).set('count', count)
    }
    case 'summary':
      return new Map([
        ['sum', values[at + summarySlots.sum]!],
        ['count', values[at + summarySlots.count]!],
      ])
    case 'stateset':
      if (!(values[at + stateSlots.seconds]! > 0)) return undefined
      return new Map(family.states.map((state, i) => [state, values[at + stateSlots.states + i]!]))
    case 'gauge':
      if (family.mode.endsWith('mostrecent') && !(values[at + 2]! > 0)) return undefined
      return new Map([[undefined, values[gaugeValueSlot(family.mode, values, at)]!]])
    case 'info':
      return new Map([[undefined, 1]])
    default:
      return new Map([[undefined, values[at]!]])
  }
}

/** Writes numbers to slots from which they are shown, and in which no metric counts. */
export function putNumbers(family: FamilyDescriptor, { values, at, epoch }: Slots, numbers: Numbers): void {
  const number = (name?: string): number => numbers.get(name) ?? 0
  switch (family.type) {
    case 'histogram': {
      values[at + histogramSlots.sum] = number('sum')
      let before = 0
      for (const [i, bound] of [...family.bounds, '+Inf'].entries()) {
        // The numbers are read one by one while others count, so a bucket could become negative.
        const count = Math.max(before, number(String(bound)))
        values[at + histogramSlots.buckets + i] = count - before
        before = count
      }
      return
    }
    case 'summary':
      values[at + summarySlots.sum] = number('sum')
      values[at + summarySlots.count] = number('count')
      return
    case 'stateset':
      values[at + stateSlots.epoch] = epoch
      values[at + stateSlots.seconds] = 1
      for (const [i, state] of family.states.entries()) values[at + stateSlots.states + i] = number(state)
      return
    case 'gauge':
      if (family.mode.endsWith('mostrecent')) values.set([epoch, 1], at + 1)
      values[gaugeValueSlot(family.mode, values, at)] = number()
      return
    case 'info':
      return
    default:
      values[at] = number()
  }
}

/** Returns the name of the number that a sample contains; undefined for a series of a single number. */
export function bucketOfSample(family: FamilyDescriptor, suffix: string, le: string | undefined): string | undefined {
  if (suffix === '_sum') return 'sum'
  if (suffix === '_count') return 'count'
  // Python writes `1.0` for `1`.
  if (family.type === 'histogram') return le === '+Inf' ? le : String(Number(le))
  return undefined
}
