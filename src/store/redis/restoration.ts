import { randomUUID } from 'node:crypto'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import { isWriter, restOf, type WriterFacts } from './entry.js'
import type { LedgerReader } from './ledger-reader.js'
import { Pieces } from './pieces.js'
import { type Inhabitants, Reading } from './reading.js'
import { RemovalFollower } from './removal-follower.js'
import { RestorationPending } from './restoration-pending.js'
import { claimRestoration, endRestoration, removeKeys, restore, restoreTombstones } from './restore-scripts.js'
import { restoredLedger } from './restored-ledger.js'
import { listOf, textOf } from './script.js'
import type { ServiceSnapshotOptions } from './service-snapshot.js'
import type { Tombstones } from './tombstones.js'

/** Milliseconds that a reading waits for another process to restore, or until this one may. */
const longestWait = 2_000
/** Milliseconds that the process with the oldest view waits for one with a newer view. */
const longestDelay = 20_000
/** How many ledgers are restored at the same time. */
const atOnce = 32
/** The maximum number of tombstones of one call. */
const mostTombstones = 1000
/** How many times a ledger is sent whose pieces get lost. */
const mostTries = 3
/** Milliseconds after which a restoration is renewed while pieces are sent. */
const renewal = 2_000

/** What was lost, as a process has seen it last. */
export interface LostState extends Inhabitants {
  /** The ID of the state that was lost. */
  readonly born: string
  readonly ledgers: ReadonlyMap<string, LedgerReader>
  /** The writers that its totals contain and that may come back. */
  readonly tombstones: Tombstones
  /** The time of a writer's last sign of life; 0 if it has left. */
  heardAt(id: string): number
  /** The monotonic clock of this process when it was read. */
  readonly readAt: number
}

/** What a process restores, and for how long it has known that it was lost. */
export interface Loss {
  readonly seen: LostState
  /** The name of the process in the restoration. */
  readonly owner: string
  /** The monotonic clock of this process when it found out. */
  readonly noticedAt: number
}

/**
 * Writes what was last seen of a service into a Redis that has come back empty, so that its totals do not go back. Of all
 * processes that have seen the lost state, one does it: the older the view of a process is, the longer it waits. Writers
 * that are still alive send what they have by themselves: only what is missing is written.
 *
 * @throws RestorationPending if another process is restoring, or this one has to wait longer than a reading may take
 */
export async function restoreService(options: ServiceSnapshotOptions, loss: Loss, pause: Pause): Promise<void> {
  const { seen, noticedAt } = loss
  const settled = noticedAt + (options.settle ?? 0)
  const due = settled + Math.min((noticedAt - seen.readAt) / 10, longestDelay)
  // Until then, the living have sent what they have.
  await rest(settled - monotonicNow())
  const end = monotonicNow() + longestWait
  for (;;) {
    const claimed = await claim(options, loss, monotonicNow() >= due)
    if (claimed === 'ended') return
    if (claimed === 'own') break
    if (claimed === 'open' && due > end)
      throw new RestorationPending('Redis came back empty: a process that has read it later goes first')
    if (monotonicNow() >= end)
      throw new RestorationPending('Redis came back empty: another process is restoring the totals')
    await rest(50)
  }
  await restoreMissing(options, loss, pause)
  await commit(options, loss)
}

/** Makes what was staged part of the service. */
async function commit(options: ServiceSnapshotOptions, { seen, owner }: Loss): Promise<void> {
  const { keys, expire } = options
  const { ledgers, beats, folded, state, stagedEntries, stagedTombstones, tombstones } = keys
  const tombs = seen.tombstones.without(seen.ledgers)
  for (let from = 0; from < tombs.length; from += mostTombstones) {
    const words = [
      from === 0 ? '1' : '0',
      String(expire),
      owner,
      seen.born,
      ...tombs.slice(from, from + mostTombstones),
    ]
    if (Number(await ask(options, restoreTombstones, [state, stagedTombstones], words)) !== 1) throw lost()
  }
  const all = [ledgers, beats, folded, state, stagedEntries, stagedTombstones, tombstones]
  const dropped = await ask(options, endRestoration, all, [owner, String(expire), seen.born, ...seen.ancestors])
  if (!Array.isArray(dropped)) throw lost()
  for (const id of listOf(dropped).map(textOf)) await ask(options, removeKeys, keys.of(id), [])
}

async function claim(options: ServiceSnapshotOptions, { seen, owner }: Loss, mayBegin: boolean): Promise<string> {
  const { keys, expire } = options
  const words = [randomUUID(), String(expire), owner, mayBegin ? '1' : '0', seen.born, ...seen.ancestors]
  const all = [keys.state, keys.stagedEntries, keys.stagedTombstones]
  return textOf(await ask(options, claimRestoration, all, words))
}

/** Restores the ledgers that Redis does not have, many at a time. */
async function restoreMissing(options: ServiceSnapshotOptions, loss: Loss, pause: Pause): Promise<void> {
  const there = new Reading(options, new Map(), new Map(), new RemovalFollower())
  await there.survey(pause)
  const isThere = (id: string): boolean => there.entries.has(id) || there.unreadable.has(id)
  const { seen } = loss
  const missing = [...seen.ledgers.values()].filter((reader) => !isThere(restoredId(seen.born, reader)))
  for (let from = 0; from < missing.length; from += atOnce) {
    const some = missing.slice(from, from + atOnce).map((reader) => restoreLedger(options, loss, reader, pause))
    // None is on its way any more when the restoration fails.
    for (const result of await Promise.allSettled(some)) if (result.status === 'rejected') throw result.reason
  }
}

/** Under which ID a ledger is restored. */
function restoredId(born: string, { id, entry }: LedgerReader): string {
  return isWriter(entry!.facts) ? id : `restored:${born}:${id}`
}

/**
 * A writer's ledger is restored under its ID, with a version that its writer does not know: if the writer is alive, it
 * sends all it has. No removal of the new state is carried out in it. What the dead have left is restored as one more dead
 * writer, which is added to the totals that there may be by now.
 */
async function restoreLedger(
  options: ServiceSnapshotOptions,
  loss: Loss,
  reader: LedgerReader,
  pause: Pause,
): Promise<void> {
  const { keys, expire } = options
  const { seen, owner } = loss
  const { seat, facts, version, edition } = reader.entry!
  const id = restoredId(seen.born, reader)
  const ledger = await restoredLedger(reader, edition, pause)
  for (const _ of ledger.preparing()) if (pause.due()) await pause.rest()
  const change = ledger.change()
  const { doubt: _, ...known } = facts
  // The writer may have sent more than this process has seen: what it sends when it comes back replaces this.
  const restored: WriterFacts = !isWriter(facts)
    ? { ...known, kind: 'writer' }
    : seen.heardAt(reader.id) > 0 || facts.doubt !== undefined
      ? { ...facts, doubt: facts.doubt ?? '*' }
      : facts
  const flags = `${seen.isLive(reader.id) ? 1 : 0} ${isWriter(facts) ? 0 : 1}`
  const entry = `${flags} ${Math.max(0, version - 1)} ${seat} 0 ${restOf(change, restored)}`
  const { ledgers, folded, state, stagedEntries } = keys
  // Not the list of its writer, which may send its own pieces at the same time.
  const pendingKey = keys.restoring(id)
  const place = { ledgersKey: ledgers, foldedKey: folded, pendingKey, ledger: id, base: 0 }
  const all = [ledgers, folded, ...keys.of(id), pendingKey, state, stagedEntries]
  for (let tries = 0; tries < mostTries; tries++) {
    const pieces = new Pieces(change)
    await pieces.send(place, renewing(options, loss))
    const known = isWriter(facts) ? '' : reader.id
    const words = [id, entry, String(expire), seen.born, owner, known, ...pieces.words()]
    const reply = textOf(await ask(options, restore, all, words))
    if (reply === 'lost') throw lost()
    if (reply !== 'pieces') return
  }
  throw new Error('Redis loses the pieces of a ledger before it is restored')
}

/** Sends pieces, and renews the restoration in between. */
function renewing(options: ServiceSnapshotOptions, loss: Loss): ServiceSnapshotOptions['connection']['run'] {
  let renewedAt = monotonicNow()
  return async (...call) => {
    if (monotonicNow() - renewedAt > renewal) {
      if ((await claim(options, loss, true)) !== 'own') throw lost()
      renewedAt = monotonicNow()
    }
    return ask(options, ...call)
  }
}

function lost(): RestorationPending {
  return new RestorationPending('Redis came back empty: another process has taken over restoring the totals')
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)))
}
