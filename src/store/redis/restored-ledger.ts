import { layoutOf } from '../../model/layout/layout-of.js'
import type { Pause, PlacedExemplar } from '../contract.js'
import { type Entry, Ledger } from './ledger.js'
import type { LedgerReader } from './ledger-reader.js'
import { openSeries } from './open-series.js'

/** The series of one ledger by their first slots in another one. */
export type MovedSeries = Map<number, { readonly ledger: Ledger; readonly entry: Entry }>

/** Returns a new ledger with everything that was read of one, in its own slots. */
export async function restoredLedger(
  { names, values, exemplars }: LedgerReader,
  edition: number,
  pause: Pause,
): Promise<Ledger> {
  const ledger = new Ledger(edition)
  const moved: MovedSeries = new Map()
  for (const [part, log] of names.logs) {
    for (const [slot, i] of await openSeries(log, pause)) {
      if (pause.due()) await pause.rest()
      const family = log.families[log.familyOf[i]!]!
      const { width } = layoutOf(family)
      if (slot + width > values.length) continue
      const entry = ledger.open(family, log.keyOf[i]!, part, log.createdAt[i]!)
      entry.run.segment.values.set(values.subarray(slot, slot + width), entry.run.at)
      moved.set(slot, { ledger, entry })
    }
  }
  moveExemplars(exemplars, moved)
  return ledger
}

/** Copies exemplars to the ledgers to which their series have moved. */
export function moveExemplars(exemplars: readonly PlacedExemplar[], moved: MovedSeries): void {
  for (const { slot, bucket, exemplar } of exemplars) {
    const there = moved.get(slot)
    there?.ledger.setNewerExemplar(there.entry.run.slot, bucket, exemplar)
  }
}
