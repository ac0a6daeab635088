import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Backend } from '../store/contract.js'
import { directoryFromEnvironment, directoryFromParent, ownDirectory } from './directory/application-directory.js'

/** For a backend without an identity. */
const ownId = randomUUID()

/**
 * Returns a UUID that identifies the application among others: the same in all processes that count together, and from
 * one run to the next if they count in a storage with a name.
 */
export function applicationId({ name, identity, directory, shared }: Backend): string {
  // Processes on several hosts count in a storage with an identity.
  if (identity !== undefined) return uuidOf(`${name} ${identity}`)
  if (shared && directory === undefined) return ownId
  // A process that counts alone has the directory in which it will count together with its workers.
  const place = directory ?? directoryFromEnvironment() ?? directoryFromParent() ?? ownDirectory()
  return uuidOf(`${hostname()} ${place}`)
}

/** Returns a UUID of version 8, whose bits are those of a hash. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
