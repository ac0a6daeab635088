import { randomUUID } from 'node:crypto'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import type { Change } from './change.js'
import { isWriter, type LedgerEntry, restOf, type WriterFacts } from './entry.js'
import type { LedgerReader } from './ledger-reader.js'
import { Pieces } from './pieces.js'
import { type Inhabitants, Reading } from './reading.js'
import { RemovalFollower } from './removal-follower.js'
import { RestorationPending } from './restoration-pending.js'
import { claimRestoration, endRestoration, removeKeys, replace, restore, restoreTombstones } from './restore-scripts.js'
import { restoredLedger } from './restored-ledger.js'
import { listOf, textOf } from './script.js'
import type { ServiceSnapshotOptions } from './service-snapshot.js'
import type { Tombstones } from './tombstones.js'

/** Milliseconds that a reading waits for another process to restore, or until this one may. */
const longestWait = 2_000
/** Milliseconds that the process with the oldest view waits for one with a newer view. */
const longestDelay = 20_000
/** The number of ledgers that are restored at the same time. */
const atOnce = 32
/** The maximum number of tombstones in one call. */
const mostTombstones = 1000
/** The maximum number of attempts to send a ledger whose pieces get lost. */
const mostTries = 3
/** Milliseconds after which a restoration is renewed while pieces are sent. */
const renewal = 2_000

/** The state that was lost, as a process last read it. */
export interface LostState extends Inhabitants {
  /** The ID of the state that was lost. */
  readonly born: string
  readonly ledgers: ReadonlyMap<string, LedgerReader>
  /** The writers that are part of its totals and may come back. */
  readonly tombstones: Tombstones
  /** The time of a writer's last sign of life; 0 if it has left. */
  heardAt(id: string): number
  /** The monotonic clock of this process at the reading. */
  readonly readAt: number
}

/** The state that a process restores, and when it noticed the loss. */
export interface Loss {
  readonly seen: LostState
  /** The name of the process in the restoration. */
  readonly owner: string
  /** The monotonic clock of this process when it noticed. */
  readonly noticedAt: number
}

/**
 * Writes the last view of a service into a Redis that has come back empty, so that its totals do not decrease. One of
 * the processes that have read the lost state does this: the older its view, the longer a process waits. Living writers
 * send their ledgers themselves; only missing ledgers are restored.
 *
 * @throws RestorationPending if another process is restoring, or this one must wait longer than a reading may take
 */
export async function restoreService(options: ServiceSnapshotOptions, loss: Loss, pause: Pause): Promise<void> {
  const { seen, noticedAt } = loss
  const settled = noticedAt + (options.settle ?? 0)
  const due = settled + Math.min((noticedAt - seen.readAt) / 10, longestDelay)
  // By then, living writers have sent their ledgers.
  await rest(settled - monotonicNow())
  const end = monotonicNow() + longestWait
  for (;;) {
    const claimed = await claim(options, loss, monotonicNow() >= due)
    if (claimed === 'ended') return replaceOlder(options, loss, pause)
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

/** Makes the staged data part of the service. */
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
  await manyAtOnce(missing, (reader) => restoreLedger(options, loss, reader, pause))
}

/**
 * After a process with an older view has restored, writes the ledgers of which this process has a newer version, unless
 * they were added to the totals. Their writers may be dead, and no other process may have these counts.
 */
async function replaceOlder(options: ServiceSnapshotOptions, loss: Loss, pause: Pause): Promise<void> {
  const there = new Reading(options, new Map(), new Map(), new RemovalFollower())
  await there.survey(pause)
  const isOlder = ({ id, entry }: LedgerReader): boolean => {
    const present = there.entries.get(id)
    return isWriter(entry!.facts) && present !== undefined && present.version < restoredVersion(entry!)
  }
  const older = [...loss.seen.ledgers.values()].filter(isOlder)
  await manyAtOnce(older, (reader) => replaceLedger(options, loss, reader, pause))
}

/** If one fails, all others have finished by the time of the rejection. */
async function manyAtOnce(readers: readonly LedgerReader[], send: (reader: LedgerReader) => Promise<void>) {
  for (let from = 0; from < readers.length; from += atOnce)
    for (const result of await Promise.allSettled(readers.slice(from, from + atOnce).map(send)))
      if (result.status === 'rejected') throw result.reason
}

/** Returns a version that the writer, if it is alive, does not know. */
function restoredVersion({ version }: LedgerEntry): number {
  return Math.max(0, version - 1)
}

/** Returns the ID under which a ledger is restored. */
function restoredId(born: string, { id, entry }: LedgerReader): string {
  return isWriter(entry!.facts) ? id : `restored:${born}:${id}`
}

/** Returns the change that writes a ledger as it was read, and its entry. It contains no removal of the new state. */
async function restoredChange(seen: LostState, reader: LedgerReader, pause: Pause) {
  const { seat, facts, edition } = reader.entry!
  const ledger = await restoredLedger(reader, edition, pause)
  for (const _ of ledger.preparing()) if (pause.due()) await pause.rest()
  const change = ledger.change()
  const { doubt: _, ...known } = facts
  // The writer may have sent more than this process has read; if it comes back, it replaces this ledger.
  const restored: WriterFacts = !isWriter(facts)
    ? { ...known, kind: 'writer' }
    : seen.heardAt(reader.id) > 0 || facts.doubt !== undefined
      ? { ...facts, doubt: facts.doubt ?? '*' }
      : facts
  const rest = restOf(change, { ...restored, seenAt: facts.seenAt ?? seen.now })
  return { change, entry: `${restoredVersion(reader.entry!)} ${seat} 0 ${rest}` }
}

/**
 * Restores a ledger. A writer's ledger gets its old ID, with a version that the writer does not know: if it is alive,
 * it sends everything again. Totals are restored as one more dead writer, which is added to the totals that may exist
 * by now.
 */
async function restoreLedger(
  options: ServiceSnapshotOptions,
  loss: Loss,
  reader: LedgerReader,
  pause: Pause,
): Promise<void> {
  const { keys, expire } = options
  const { seen, owner } = loss
  const id = restoredId(seen.born, reader)
  const isOfWriter = isWriter(reader.entry!.facts)
  const { change, entry: known } = await restoredChange(seen, reader, pause)
  const entry = `${seen.isLive(reader.id) ? 1 : 0} ${isOfWriter ? 0 : 1} ${known}`
  const { ledgers, folded, state, stagedEntries } = keys
  // A different list than that of its writer, which may send its own pieces at the same time.
  const pendingKey = keys.restoring(id)
  const place = { ledgersKey: ledgers, foldedKey: folded, pendingKey, ledger: id, base: 0 }
  const all = [ledgers, folded, ...keys.of(id), pendingKey, state, stagedEntries]
  const words = [id, entry, String(expire), seen.born, owner, isOfWriter ? '' : reader.id]
  await sendAll(change, async (pieces) => {
    await pieces.send(place, renewing(options, loss))
    const reply = textOf(await ask(options, restore, all, [...words, ...pieces.words()]))
    if (reply === 'lost') throw lost()
    return reply
  })
}

/** Replaces a ledger. If its writer is alive, it then sends everything again, as after a restoration. */
async function replaceLedger(
  options: ServiceSnapshotOptions,
  { seen }: Loss,
  reader: LedgerReader,
  pause: Pause,
): Promise<void> {
  const { keys, expire } = options
  const { id } = reader
  const { change, entry } = await restoredChange(seen, reader, pause)
  const pendingKey = keys.restoring(id)
  const place = { ledgersKey: keys.ledgers, foldedKey: keys.folded, pendingKey, ledger: id, base: undefined }
  await sendAll(change, async (pieces) => {
    await pieces.send(place, (...call) => ask(options, ...call))
    const all = [keys.ledgers, ...keys.of(id), pendingKey]
    return textOf(await ask(options, replace, all, [id, entry, String(expire), ...pieces.words()]))
  })
}

async function sendAll(change: Change, send: (pieces: Pieces) => Promise<string>): Promise<void> {
  for (let tries = 0; tries < mostTries; tries++) if ((await send(new Pieces(change))) !== 'pieces') return
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
