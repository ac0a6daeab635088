import { labelFilterFrom } from '../../model/series-key.js'

/** The facts about a ledger that are read before its content. */
export interface LedgerEntry {
  readonly version: number
  readonly seat: number
  /** The position up to which its writer has taken the removals. */
  readonly seen: number
  readonly edition: number
  readonly exemplarsVersion: number
  readonly facts: WriterFacts
}

/**
 * The format of the data in Redis. A later version of promhive that stores something else writes a higher number.
 * Entries of a higher format are counted, and not changed. The five numbers before the facts are the same in every
 * format.
 */
export const storedFormat = 1

/** The facts about a writer, as it writes them. */
export interface WriterFacts {
  readonly format?: number
  readonly kind: 'writer' | 'host' | 'totals' | 'kept'
  /** The instance, or host, of the ledger; empty for the totals of instances that no longer exist. */
  readonly instance: string
  /** Unix seconds. */
  readonly startedAt: number
  readonly epoch: number
  /** The name of the process, unique among all instances. */
  readonly process?: string
  /** The processes of a host. */
  readonly parts?: readonly PartFacts[]
  /**
   * Set if the ledger must not be added to the totals yet. Either its counts may be in totals that are still to be
   * restored, those of the state with this ID; or its writer may have counted more than was restored (`*`).
   */
  readonly doubt?: string
  /** Whether the writer has counted in a state that was lost. Redis sets it. */
  readonly outlived?: boolean
  /** An ID of totals, which stays the same while counts are added to them. */
  readonly origin?: string
  /** Set if the ledger was restored: when it had been read, in milliseconds of the server's clock. */
  readonly seenAt?: number
}

/** Milliseconds after which the state of a service counts as complete: nothing is restored after that. */
const longestDoubt = 600_000

/** The state that contains a ledger. */
export interface StateOfService {
  /** Milliseconds of the server's clock. */
  readonly now: number
  /** When the state began, or was restored. */
  readonly began: number
  /** The IDs of the states whose totals it contains. */
  readonly ancestors: readonly string[]
}

/** Whether a ledger must not be added to the totals yet. */
export function isInDoubt({ doubt }: WriterFacts, state: StateOfService): boolean {
  return doubt !== undefined && !state.ancestors.includes(doubt) && !isComplete(state)
}

/** Whether the time for restoring is over. */
export function isComplete({ now, began }: Pick<StateOfService, 'now' | 'began'>): boolean {
  return now - began >= longestDoubt
}

/** Whether a ledger belongs to a process or host that counts, and does not have totals of dead ones. */
export function isWriter({ kind }: WriterFacts): boolean {
  return kind === 'writer' || kind === 'host'
}

/** One process of a host on which one process flushes for all. */
export interface PartFacts {
  readonly part: number
  readonly live: boolean
  readonly epoch: number
  readonly startedAt: number
  readonly process?: string
}

/** Returns the fields after the version, the seat and the position of the removals that were taken. */
export function restOf(
  { edition, exemplarsVersion }: { edition: number; exemplarsVersion: number },
  facts: WriterFacts,
) {
  return `${edition} ${exemplarsVersion} ${JSON.stringify({ format: storedFormat, ...facts })}`
}

/** Parses an entry; returns undefined for one of a later version, or of another program. */
export function entryFrom(text: string): LedgerEntry | undefined {
  const match = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\{.*\})$/s.exec(text)
  if (match === null) return undefined
  const [version, seat, seen, edition, exemplarsVersion] = match.slice(1, 6).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (![version, seat, seen, edition, exemplarsVersion].every(Number.isSafeInteger)) return undefined
  try {
    const facts = JSON.parse(match[6]!) as WriterFacts
    return areFacts(facts) ? { version, seat, seen, edition, exemplarsVersion, facts } : undefined
  } catch {
    return undefined
  }
}

/** Returns the position up to which the writer of an entry has taken the removals: the third number in every format. */
export function seenIn(text: string): number | undefined {
  const seen = Number(/^\d+ \d+ (\d+) /.exec(text)?.[1])
  return Number.isSafeInteger(seen) ? seen : undefined
}

const ledgerKinds: readonly unknown[] = ['writer', 'host', 'totals', 'kept'] satisfies readonly WriterFacts['kind'][]

function areFacts({
  format = 1,
  kind,
  instance,
  startedAt,
  epoch,
  process,
  parts = [],
  doubt = '',
  origin = '',
  seenAt = 0,
}: WriterFacts): boolean {
  return (
    Number.isSafeInteger(format) &&
    format <= storedFormat &&
    ledgerKinds.includes(kind) &&
    typeof instance === 'string' &&
    typeof doubt === 'string' &&
    typeof origin === 'string' &&
    Number.isFinite(seenAt) &&
    isOwner({ startedAt, epoch, process }) &&
    Array.isArray(parts) &&
    parts.every((part) => Number.isSafeInteger(part.part) && typeof part.live === 'boolean' && isOwner(part))
  )
}

function isOwner({ startedAt, epoch, process }: { startedAt: number; epoch: number; process?: unknown }): boolean {
  const named = process === undefined || typeof process === 'string'
  return named && Number.isFinite(startedAt) && startedAt >= 0 && Number.isSafeInteger(epoch) && epoch >= 0
}

/** A removal from the whole application, and the writer that carried it out before it sent it. */
export interface LedgerRemoval {
  readonly author: string
  readonly registry: string
  readonly name: string
  readonly labels: Readonly<Record<string, string | null>>
  /**
   * Set if it removes only from restored data that was read earlier: when it was acknowledged in a state that was lost,
   * in milliseconds of the server's clock.
   */
  readonly at?: number
}

export function removalText({ author, registry, name, labels, at }: LedgerRemoval): string {
  return JSON.stringify([author, registry, name, labels, ...(at === undefined ? [] : [at])])
}

/** Parses a removal; returns undefined if the entry is not one. */
export function removalFrom(text: string): LedgerRemoval | undefined {
  try {
    const [author, registry, name, filter, at] = JSON.parse(text) as unknown[]
    const labels = labelFilterFrom(filter)
    if (typeof author !== 'string' || typeof registry !== 'string' || typeof name !== 'string') return undefined
    return labels && { author, registry, name, labels, ...(typeof at === 'number' && { at }) }
  } catch {
    return undefined
  }
}
