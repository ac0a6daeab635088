import { randomUUID } from 'node:crypto'

/**
 * The name that a writer has after its ledger was folded: unique for good, whatever the host, the pid or the thread.
 * Several processes may write the ledger of a host: each new name has a UUID of its own.
 */
export function nextWriter(before: string): string {
  if (isOfHost(before)) return `${before.split('~')[0]}~${randomUUID()}`
  const stem = stemOf(before)
  const number = before === stem ? 1 : Number(before.slice(stem.length + 1))
  return `${stem}.${number + 1}`
}

/** What the names of one process have in common: the author of its removals, whichever name it has by now. */
export function stemOf(writer: string): string {
  return isOfHost(writer) ? writer : writer.replace(/(~[0-9a-f-]{36})\.\d+$/, '$1')
}

function isOfHost(writer: string): boolean {
  return writer.startsWith('host:')
}
