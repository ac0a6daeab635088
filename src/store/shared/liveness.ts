import { readFileSync, type Stats } from 'node:fs'
import { MetricsError } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { codeOf } from './files.js'
import { kinds, ownerByte, states } from './format.js'
import type { Head } from './head.js'
import { processAlive } from './process-facts.js'

/**
 * A buffered owner writes at least every second. If it has not written for this many seconds and its process is not
 * visible, it counts as dead.
 */
const heartbeatTimeout = 30

/** The reason of the error if it is unknown which owners are alive. The files themselves are intact. */
export const locksHidden = 'locks'

/** The number of bytes of a file whose locks are listed one by one. */
const listedBytes = 8

/**
 * Determines whether owners are alive. An owner with the addon holds a lock that the kernel releases when the process
 * ends; without the addon, the same locks are read from /proc/locks. A buffered owner has no lock: it is recognised by
 * pid and start time, or by its heartbeat.
 */
export class Liveness {
  private locks: Set<string> | undefined

  constructor(private readonly binding: Binding | undefined) {}

  /** Begins a scrape: forgets what was read from the system for the last one. */
  refresh(): void {
    this.locks = undefined
  }

  ownerLives(fd: number, file: Stats, head: Head): boolean {
    if (head.kind === kinds.mapped) return this.held(fd, file) && head.state === states.ready
    if (head.state !== states.ready) return false
    const owner = head.owner()
    const alive = processAlive(owner)
    if (alive === false) return false
    // A thread may end while its process continues.
    const sure = alive === true && owner.threadId === 0
    // A heartbeat in the future means that the clock was set back since; a living owner then writes a new one at once.
    return sure || Math.abs(Date.now() / 1000 - head.heartbeat) < heartbeatTimeout
  }

  /** Whether another process holds the lock on byte 0. */
  held(fd: number, file: Stats): boolean {
    if (this.binding !== undefined) return this.binding.probe(fd, ownerByte)
    return this.listed(file, '')
  }

  /** Whether a process holds the lock exclusively, as far as the system lists locks. */
  heldAlone(file: Stats): boolean {
    return this.listed(file, '!')
  }

  /** Whether a process shares the lock on a byte, as far as the system lists locks. */
  shared(file: Stats, byte: number): boolean {
    return this.listed(file, `@${byte}`)
  }

  private listed(file: Stats, mark: '' | '!' | `@${number}`): boolean {
    this.locks ??= readLocks()
    return this.locks.has(`${deviceName(file.dev)}:${file.ino}${mark}`)
  }
}

/**
 * Returns the files with a lock. `!` follows the name if byte 0 is locked exclusively; for each of the first bytes with a
 * shared lock, there is also the name with `@` and the byte.
 */
function readLocks(): Set<string> {
  const locks = new Set<string>()
  let lines: string[]
  try {
    lines = readFileSync('/proc/locks', 'latin1').split('\n')
  } catch (cause) {
    // No process has the addon there, so none holds a lock.
    if (process.platform !== 'linux') return locks
    // Without the list, every owner would look dead.
    const text =
      `/proc/locks cannot be read (${codeOf(cause)}); without the addon, it shows which processes live. ` +
      'Mount /proc without subset=pid (systemd: without ProcSubset=pid)'
    throw new MetricsError('FILE_UNREADABLE', text, { cause, reason: locksHidden })
  }
  for (const line of lines) {
    const lock = /\bOFDLCK\b.* (READ|WRITE) .* ([0-9a-f]+:[0-9a-f]+:\d+) (\d+) (\d+|EOF)/.exec(line)
    if (lock === null) continue
    const [, kind, name, first, last] = lock as unknown as [string, string, string, string, string]
    locks.add(name)
    if (kind === 'WRITE' && first === '0') locks.add(`${name}!`)
    // The system lists neighbouring bytes as one lock.
    const end = last === 'EOF' ? listedBytes : Math.min(Number(last) + 1, listedBytes)
    if (kind === 'READ') for (let byte = Number(first); byte < end; byte++) locks.add(`${name}@${byte}`)
  }
  return locks
}

/** Returns a device number in the form of /proc/locks: two hexadecimal digits each for major and minor. */
function deviceName(device: number): string {
  const majorNumber = Math.floor(device / 256) & 0xfff
  const minorNumber = (device & 0xff) | (Math.floor(device / 4096) & 0xffffff00)
  return [majorNumber, minorNumber].map((part) => part.toString(16).padStart(2, '0')).join(':')
}
