/** What is known of a ledger before it is read. */
export interface LedgerEntry {
  readonly version: number
  readonly seat: number
  /** Up to where its writer has taken the removals. */
  readonly seen: number
  readonly edition: number
  readonly exemplarsVersion: number
  readonly facts: Facts
}

/** What a writer says of itself. */
export interface Facts {
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
}

/** Whether it is somebody who counts, and not what the dead have left. */
export function isWriter({ kind }: Facts): boolean {
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

/** What stands behind version, seat and the removals that were taken. */
export function restOf({ edition, exemplarsVersion }: { edition: number; exemplarsVersion: number }, facts: Facts) {
  return `${edition} ${exemplarsVersion} ${JSON.stringify(facts)}`
}

/** @returns undefined for what a later version may have written */
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
  try {
    return { version, seat, seen, edition, exemplarsVersion, facts: JSON.parse(found[6]!) as Facts }
  } catch {
    return undefined
  }
}

/** A removal for the whole application, and the writer that took it before it told. */
export interface Removal {
  readonly author: string
  readonly registry: string
  readonly name: string
  readonly labels: Readonly<Record<string, string | null>>
}

export function removalText({ author, registry, name, labels }: Removal): string {
  return JSON.stringify([author, registry, name, labels])
}

export function removalFrom(text: string): Removal {
  const [author, registry, name, labels] = JSON.parse(text) as [string, string, string, Removal['labels']]
  return { author, registry, name, labels }
}
