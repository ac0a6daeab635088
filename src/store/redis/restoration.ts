import { randomUUID } from 'node:crypto'
import { withTimeout } from '../../runtime/time-limit.js'
import { monotonicNow, setTimeout } from '../../runtime/timers.js'
import type { Pause } from '../backend.js'
import { isWriter, restOf } from './entry.js'
import type { LedgerReader } from './ledger-reader.js'
import { Pieces } from './pieces.js'
import type { Inhabitants } from './reading.js'
import { claimRestoration, endRestoration, restore } from './restore-scripts.js'
import { restoredLedger } from './restored-ledger.js'
import { type Reply, type Script, textOf } from './script.js'
import type { ShelfOptions } from './shelf.js'

/** Milliseconds that a process waits until another one has restored what it saw. */
const longestWait = 2_000

/**
 * Writes what was last seen of a service into a Redis that has come back empty, so that its totals do not go back. Of all
 * processes that have seen the lost state, the first one does it. Writers that are still alive send what they have by
 * themselves: only what is missing is written.
 *
 * @param born the ID of the state that was lost
 * @param seen the service as it was shown last
 */
export async function restoreService(
  options: ShelfOptions,
  born: string,
  seen: Inhabitants & { readonly ledgers: ReadonlyMap<string, LedgerReader> },
  pause: Pause,
): Promise<void> {
  const { keys, expire } = options
  // Until then, the living have sent what they have.
  await new Promise((resolve) => setTimeout(resolve, options.settle ?? 0))
  const claim = async (): Promise<string> =>
    textOf(await ask(options, claimRestoration, [keys.state], [born, randomUUID(), String(expire)]))
  let claimed = await claim()
  const end = monotonicNow() + longestWait
  while (claimed === 'begun' && monotonicNow() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    claimed = await claim()
  }
  if (claimed !== '1') return
  for (const ledger of seen.ledgers.values()) await restoreLedger(options, born, ledger, seen.isLive(ledger.id), pause)
  await ask(options, endRestoration, [keys.state], [born])
}

/**
 * A writer's ledger is restored under its ID, with a version that its writer does not know: if the writer is alive, it
 * sends all it has. No removal of the new state is carried out in it. What the dead have left is restored as one more dead writer, which is added to the totals that there
 * may be by now.
 */
async function restoreLedger(
  options: ShelfOptions,
  born: string,
  reader: LedgerReader,
  live: boolean,
  pause: Pause,
): Promise<void> {
  const { keys, expire } = options
  const { seat, facts, version, edition } = reader.entry!
  const isOwn = isWriter(facts)
  const id = isOwn ? reader.id : `restored:${born}:${reader.id}`
  const ledger = await restoredLedger(reader, edition, pause)
  for (const _ of ledger.preparing()) if (pause.due()) await pause.rest()
  const change = ledger.change()
  const kind = isOwn ? facts.kind : 'writer'
  const entry = `${Math.max(0, version - 1)} ${seat} 0 ${restOf(change, { ...facts, kind })}`
  const pieces = new Pieces(change)
  const { ledgers, folded, beats } = keys
  const place = { ledgersKey: ledgers, foldedKey: folded, pendingKey: keys.pending(id), ledger: id, base: 0 }
  await pieces.send(place, (...call) => ask(options, ...call))
  const words = [id, entry, live ? '1' : '0', String(expire), ...pieces.words()]
  await ask(options, restore, [ledgers, beats, folded, ...keys.of(id), keys.pending(id)], words)
}

function ask(
  { connection, patience }: ShelfOptions,
  script: Script,
  keys: readonly string[],
  words: readonly (string | Uint8Array)[],
): Promise<Reply> {
  return withTimeout(connection.run(script, keys, words), patience)
}
