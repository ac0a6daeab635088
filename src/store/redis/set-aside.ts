import { randomUUID } from 'node:crypto'
import { layoutOf } from '../../model/layout/layout-of.js'
import { restOf, type WriterFacts } from './entry.js'
import type { Keys } from './keys.js'
import { Ledger } from './ledger.js'
import { Pieces } from './pieces.js'
import { Script, type ScriptConnection } from './script.js'
import { write } from './script-parts.js'

/**
 * Writes the ledger of a writer that may be part of totals which are still to be restored, unless that is known by now.
 */
const setAside = new Script(`${write}
local ledgers, state, folded, removals, values, names, exemplars, pending = unpack(KEYS)
local id, version, seat, rest, nonce, expire, born, token, ahead, last = unpack(ARGV)
if redis.call('HGET', ledgers, id) or redis.call('HGET', folded, id) or isAncestor(state, born) then return 'known' end
if incomplete(pending, token, ahead) then return 'pieces' end
begin(state, nonce, expire)
local since = numberIn(state, 'removed') + redis.call('LLEN', removals)
write(ahead, last, '1', values, names, exemplars, pending, expire)
redis.call('HSET', ledgers, id, version .. ' ' .. seat .. ' ' .. text(since) .. ' ' .. rest)
redis.call('PEXPIRE', ledgers, expire)
return 'written'
`)

/** The ledger that Redis had of a writer before it came back empty. */
export interface LostLedger {
  readonly writer: string
  readonly version: number
  readonly seat: number
  readonly facts: WriterFacts
  readonly ledger: Ledger
  /** The ID of the state that was lost. */
  readonly born: string
  readonly edition: number
}

/**
 * Writes the last known ledger of a writer that may have been taken for dead, as a separate ledger under its name. If
 * totals that contain it are restored, the same step drops this ledger.
 */
export async function setLedgerAside(
  keys: Keys,
  expire: number,
  lost: LostLedger,
  run: ScriptConnection['run'],
): Promise<void> {
  const { writer, version, seat, facts, born, edition } = lost
  const change = acknowledged(lost.ledger, edition).change()
  const pieces = new Pieces(change)
  const { ledgers: ledgersKey, folded: foldedKey, state, removals } = keys
  const pendingKey = keys.pending(writer)
  await pieces.send({ ledgersKey, foldedKey, pendingKey, ledger: writer, base: undefined }, run)
  const rest = restOf(change, { ...facts, doubt: born })
  const words = [writer, String(version), String(seat), rest, randomUUID(), String(expire), born, ...pieces.words()]
  await run(setAside, [ledgersKey, state, foldedKey, removals, ...keys.of(writer), pendingKey], words)
}

/** Returns the part of a ledger that Redis has acknowledged. */
function acknowledged(ledger: Ledger, edition: number): Ledger {
  const copy = new Ledger(edition)
  const sent = ledger.sentValues()
  for (const { family, part, series } of ledger.families.values()) {
    const { width } = layoutOf(family)
    for (const [key, { run, created, named }] of series) {
      if (!named || run.slot + width > sent.length) continue
      const { segment, at } = copy.open(family, key, part, created).run
      segment.values.set(sent.subarray(run.slot, run.slot + width), at)
    }
  }
  return copy
}
