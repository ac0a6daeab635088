import type { Change, Stretch } from './ledger.js'

/** A change as the scripts take it: counted stretches of values and of names, then counted exemplars. */
export function changeWords({ values, names, exemplars }: Change): (string | Uint8Array)[] {
  return [...stretches(values), ...stretches(names), String(exemplars.length), ...exemplars.flat()]
}

function stretches(list: readonly Stretch[]): (string | Uint8Array)[] {
  return [String(list.length), ...list.flatMap(({ offset, bytes }) => [String(offset), bytes])]
}
