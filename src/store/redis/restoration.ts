import { randomUUID } from 'node:crypto'
import { withTimeout } from '../../platform/time-limit.js'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import type { Pause } from '../contract.js'
import { isWriter, restOf } from './entry.js'
import type { LedgerReader } from './ledger-reader.js'
import { Pieces } from './pieces.js'
import { type Inhabitants, Reading } from './reading.js'
import { RemovalFollower } from './removal-follower.js'
import { claimRestoration, endRestoration, restore } from './restore-scripts.js'
import { restoredLedger } from './restored-ledger.js'
import { type Reply, type Script, textOf } from './script.js'
import type { ShelfOptions } from './shelf.js'

/** Milliseconds that a reading waits for another process to restore, or until this one may. */
const longestWait = 2_000
/** Milliseconds that the process with the oldest view waits for one with a newer view. */
const longestDelay = 20_000
/** How many ledgers are restored at the same time. */
const atOnce = 32
/** How many times a ledger is sent whose pieces get lost. */
const mostTries = 3
/** Milliseconds after which a restoration is renewed while pieces are sent. */
const renewal = 2_000

/** What was lost, as a process has seen it last. */
export interface LostState extends Inhabitants {
  /** The ID of the state that was lost. */
  readonly born: string
  /** The states whose totals it contained. */
  readonly ancestors: readonly string[]
  readonly ledgers: ReadonlyMap<string, LedgerReader>
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
 * @throws Error if another process is restoring, or this one has to wait longer than a reading may take
 */
export async function restoreService(options: ShelfOptions, loss: Loss, pause: Pause): Promise<void> {
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
      throw new Error('Redis came back empty: a process that has read it later goes first')
    if (monotonicNow() >= end) throw new Error('Redis came back empty: another process is restoring the totals')
    await rest(50)
  }
  await restoreMissing(options, loss, pause)
  const { keys } = options
  if (Number(await ask(options, endRestoration, [keys.state], [seen.born, loss.owner])) !== 1) throw lost()
}

async function claim(options: ShelfOptions, { seen, owner }: Loss, mayBegin: boolean): Promise<string> {
  const { keys, expire } = options
  const words = [seen.born, randomUUID(), String(expire), owner, mayBegin ? '1' : '0', ...seen.ancestors]
  return textOf(await ask(options, claimRestoration, [keys.state], words))
}

/** Restores the ledgers that Redis does not have, many at a time. */
async function restoreMissing(options: ShelfOptions, loss: Loss, pause: Pause): Promise<void> {
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
async function restoreLedger(options: ShelfOptions, loss: Loss, reader: LedgerReader, pause: Pause): Promise<void> {
  const { keys, expire } = options
  const { seen, owner } = loss
  const { seat, facts, version, edition } = reader.entry!
  const id = restoredId(seen.born, reader)
  const ledger = await restoredLedger(reader, edition, pause)
  for (const _ of ledger.preparing()) if (pause.due()) await pause.rest()
  const change = ledger.change()
  const kind = isWriter(facts) ? facts.kind : 'writer'
  const entry = `${Math.max(0, version - 1)} ${seat} 0 ${restOf(change, { ...facts, kind })}`
  const { ledgers, folded, beats, state } = keys
  // Not the list of its writer, which may send its own pieces at the same time.
  const pendingKey = keys.restoring(id)
  const place = { ledgersKey: ledgers, foldedKey: folded, pendingKey, ledger: id, base: 0 }
  const all = [ledgers, beats, folded, ...keys.of(id), pendingKey, state]
  for (let tries = 0; tries < mostTries; tries++) {
    const pieces = new Pieces(change)
    await pieces.send(place, renewing(options, loss))
    const words = [id, entry, seen.isLive(reader.id) ? '1' : '0', String(expire), seen.born, owner, ...pieces.words()]
    const reply = textOf(await ask(options, restore, all, words))
    if (reply === 'lost') throw lost()
    if (reply !== 'pieces') return
  }
  throw new Error('Redis loses the pieces of a ledger before it is restored')
}

/** Sends pieces, and renews the restoration in between. */
function renewing(options: ShelfOptions, loss: Loss): ShelfOptions['connection']['run'] {
  let renewedAt = monotonicNow()
  return async (...call) => {
    if (monotonicNow() - renewedAt > renewal) {
      if ((await claim(options, loss, true)) !== 'own') throw lost()
      renewedAt = monotonicNow()
    }
    return ask(options, ...call)
  }
}

function lost(): Error {
  return new Error('Redis came back empty: another process has taken over restoring the totals')
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)))
}

function ask(
  { connection, patience }: ShelfOptions,
  script: Script,
  keys: readonly string[],
  words: readonly (string | Uint8Array)[],
): Promise<Reply> {
  return withTimeout(connection.run(script, keys, words), patience)
}
