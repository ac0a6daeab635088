import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Backend } from '../store/contract.js'
import { directoryFromEnvironment, directoryFromParent, ownDirectory } from './directory/application-directory.js'

/** For a backend without an identity. */
const ownIdentity = randomUUID()

/**
 * Returns a text that identifies the application among others: the same in all processes that count together, and from
 * one run to the next if they count in a storage with a name.
 */
export function applicationIdentity({ name, identity, directory, shared }: Backend): string {
  // Processes on several hosts count in a storage with an identity.
  if (identity !== undefined) return `${name} ${identity}`
  if (shared && directory === undefined) return ownIdentity
  // A process that counts alone has the directory in which it will count together with its workers.
  return identityOf(directory ?? directoryFromEnvironment() ?? directoryFromParent() ?? ownDirectory())
}

/** Returns the same for an application that counts in a directory. */
export function identityOf(directory: string): string {
  return `${hostname()} ${directory}`
}

/** Whether an application of this identity counts on this host only. */
export function isOnThisHost(identity: string): boolean {
  return identity.startsWith(`${hostname()} `)
}
