import { randomUUID } from 'node:crypto'

/**
 * Returns the new name of a writer whose ledger was folded. It is unique forever, whatever the host, the pid or the
 * thread. Several processes may write the ledger of a host, so each new name has its own UUID.
 */
export function nextWriter(before: string): string {
  if (isOfHost(before)) return `${before.split('~')[0]}~${randomUUID()}`
  const stem = stemOf(before)
  const number = before === stem ? 1 : Number(before.slice(stem.length + 1))
  return `${stem}.${number + 1}`
}

/** Returns the common part of all names of one process, which is the author of its removals. */
export function stemOf(writer: string): string {
  return isOfHost(writer) ? writer : writer.replace(/(~[0-9a-f-]{36})\.\d+$/, '$1')
}

function isOfHost(writer: string): boolean {
  return writer.startsWith('host:')
}
