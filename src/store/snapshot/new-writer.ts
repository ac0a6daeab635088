import { hostname } from 'node:os'
import { threadId } from '../../platform/loaded-builtins.js'
import { systemNow } from '../../platform/system-time.js'
import { randomBytes } from '../core/random-bytes.js'

/** Returns a name that is unique forever, and valid as a file name or a key. */
export function newWriter(): string {
  const host = hostname().replaceAll(/[^\w.-]/g, '_')
  return `${host}-${process.pid}-${threadId}-${systemNow().toString(36)}${randomBytes(4).toString('hex')}`
}
