import { labelFilterFrom } from '../../model/series-key.js'

/** What is known of a ledger before it is read. */
export interface LedgerEntry {
  readonly version: number
  readonly seat: number
  /** Up to where its writer has taken the removals. */
  readonly seen: number
  readonly edition: number
  readonly exemplarsVersion: number
  readonly facts: WriterFacts
}

/**
 * The format of what is in Redis. A later version of promhive that stores something else writes a higher number; entries
 * of a higher format are counted and left as they are. The five numbers before the facts are the same in every format.
 */
export const storedFormat = 1

/** What a writer says of itself. */
export interface WriterFacts {
  readonly format?: number
  readonly kind: 'writer' | 'host' | 'totals' | 'kept'
  /** The instance, or host, that the ledger belongs to; nothing for the totals of those that are no more. */
  readonly instance: string
  /** Unix seconds. */
  readonly startedAt: number
  readonly epoch: number
  /** What names the process, among those of all instances. */
  readonly process?: string
  /** Of a host: its processes. */
  readonly parts?: readonly PartFacts[]
  /**
   * The ledger is not added to the totals yet: its counts may be in totals that are still to be restored, those of the
   * state with this ID; or its writer may have counted more than was restored (`*`).
   */
  readonly doubt?: string
  /** The writer has counted in a state that was lost. Redis adds it. */
  readonly outlived?: boolean
  /** Of totals: an ID that they keep as long as they are added to. */
  readonly origin?: string
  /** It was restored: milliseconds of the server's clock when it had been read. */
  readonly seenAt?: number
}

/** Milliseconds after which the state of a service is complete: what was not restored by then is not restored any more. */
const longestDoubt = 600_000

/** The state that a ledger is in. */
export interface StateOfService {
  /** Milliseconds of the server's clock. */
  readonly now: number
  /** When the state began, or was restored. */
  readonly began: number
  /** The IDs of the states whose totals it contains. */
  readonly ancestors: readonly string[]
}

/** Whether a ledger is not to be added to the totals yet. */
export function isInDoubt({ doubt }: WriterFacts, state: StateOfService): boolean {
  return doubt !== undefined && !state.ancestors.includes(doubt) && !isComplete(state)
}

/** Whether nothing is restored any more. */
export function isComplete({ now, began }: Pick<StateOfService, 'now' | 'began'>): boolean {
  return now - began >= longestDoubt
}

/** Whether it belongs to a process or host that counts, and not to the totals of dead ones. */
export function isWriter({ kind }: WriterFacts): boolean {
  return kind === 'writer' || kind === 'host'
}

/** One process of a host that flushes for all of its processes. */
export interface PartFacts {
  readonly part: number
  readonly live: boolean
  readonly epoch: number
  readonly startedAt: number
  readonly process?: string
}

/** The fields behind version, seat and the removals that were taken. */
export function restOf(
  { edition, exemplarsVersion }: { edition: number; exemplarsVersion: number },
  facts: WriterFacts,
) {
  return `${edition} ${exemplarsVersion} ${JSON.stringify({ format: storedFormat, ...facts })}`
}

/** @returns undefined for an entry of a later version, or of another program */
export function entryFrom(text: string): LedgerEntry | undefined {
  const found = /^(\d+) (\d+) (\d+) (\d+) (\d+) (\{.*\})$/s.exec(text)
  if (found === null) return undefined
  const [version, seat, seen, edition, exemplarsVersion] = found.slice(1, 6).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  if (![version, seat, seen, edition, exemplarsVersion].every(Number.isSafeInteger)) return undefined
  try {
    const facts = JSON.parse(found[6]!) as WriterFacts
    return areFacts(facts) ? { version, seat, seen, edition, exemplarsVersion, facts } : undefined
  } catch {
    return undefined
  }
}

/** How far the writer of an entry has taken the removals: in any format, it is the third number. */
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

/** A removal for the whole application, and the writer that carried it out before it sent it. */
export interface LedgerRemoval {
  readonly author: string
  readonly registry: string
  readonly name: string
  readonly labels: Readonly<Record<string, string | null>>
  /**
   * It removes only from what was restored as it was before: milliseconds of the server's clock when it was acknowledged,
   * in a state that was lost.
   */
  readonly at?: number
}

export function removalText({ author, registry, name, labels, at }: LedgerRemoval): string {
  return JSON.stringify([author, registry, name, labels, ...(at === undefined ? [] : [at])])
}

/** @returns undefined if the entry is not a removal */
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
