import { randomUUID } from 'node:crypto'

/** Unique for good, whatever the host, the pid or the thread. */
export function nextWriter(before: string): string {
  return `${before.split('~')[0]}~${randomUUID()}`
}
