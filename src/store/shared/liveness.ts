import { readFileSync, type Stats } from 'node:fs'
import { MetricsError } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { hasProc, procPath } from '../../platform/proc.js'
import { codeOf } from './files.js'
import { kinds, ownerByte, states } from './format.js'
import type { Head, OwnerFacts } from './head.js'
import { isHeld } from './liveness-file.js'
import { answers, processAlive } from './process-facts.js'

/**
 * An owner without lock and liveness file writes to its file at least every second. If it has not for this many
 * milliseconds, and its process is not visible, it counts as dead.
 */
const silence = 30_000

/** The reason of the error if it is unknown which owners are alive. The files themselves are intact. */
export const locksHidden = 'locks'

/** The number of bytes of a file whose locks are listed one by one. */
const listedBytes = 8

/** The clock as it was when promhive was loaded: the kernel's times of files are compared with it, not with a fake. */
const { now } = Date

/**
 * Whether an owner without a lock lives: by its liveness file; without one, by its pid and start time, or by when its
 * file was last written.
 */
export function ownerLives(directory: string, owner: OwnerFacts, file: Stats): boolean {
  const held = isHeld(directory, owner.livenessId)
  if (held !== undefined) return held
  const alive = processAlive(owner)
  if (alive === false) return false
  // A thread may end while its process continues.
  if (alive === true && owner.threadId === 0) return true
  // A time in the future means that the clock was set back since; a living owner then writes a new one at once.
  return Math.abs(now() - file.mtimeMs) < silence
}

/**
 * Determines whether owners are alive. An owner with the addon holds a lock that the kernel releases when the process
 * ends; without the addon, the same locks are read from /proc/locks. An owner that has no lock, or whose lock cannot be
 * seen, holds a liveness file.
 */
export class Liveness {
  private locks: Set<string> | undefined

  constructor(
    private readonly directory: string,
    private readonly binding: Binding | undefined,
  ) {}

  /** Begins a scrape: forgets what was read from the system for the last one. */
  refresh(): void {
    this.locks = undefined
  }

  ownerLives(fd: number, file: Stats, head: Head): boolean {
    if (head.state !== states.ready) return false
    if (head.kind !== kinds.mapped) return ownerLives(this.directory, head.owner(), file)
    if (this.binding !== undefined || hasProc()) return this.held(fd, file)
    const owner = head.owner()
    const held = isHeld(this.directory, owner.livenessId)
    if (held !== undefined) return held
    // Without the list of locks, every owner would look dead.
    return process.platform === 'linux' ? this.held(fd, file) : answers(owner.pid)
  }

  /** Whether another process holds the lock on byte 0. */
  held(fd: number, file: Stats): boolean {
    if (this.binding !== undefined) return this.binding.probe(fd, ownerByte)
    return this.listed(file, '')
  }

  /** Whether a process holds the lock on a byte exclusively, as far as the system lists locks. */
  heldAlone(file: Stats, byte: number): boolean {
    return this.listed(file, `!${byte}`)
  }

  /** Whether a process shares the lock on a byte, as far as the system lists locks. */
  shared(file: Stats, byte: number): boolean {
    return this.listed(file, `@${byte}`)
  }

  /** Whether locks of other processes can be seen. */
  get seesLocks(): boolean {
    if (this.binding !== undefined) return true
    try {
      this.locks ??= readLocks()
      return hasProc()
    } catch {
      return false
    }
  }

  private listed(file: Stats, mark: '' | `!${number}` | `@${number}`): boolean {
    this.locks ??= readLocks()
    return this.locks.has(`${deviceName(file.dev)}:${file.ino}${mark}`)
  }
}

/**
 * Returns the files with a lock. For each of the first bytes, there is also the name with `!` and the byte if it is locked
 * exclusively, and with `@` and the byte if the lock is shared.
 */
function readLocks(): Set<string> {
  const locks = new Set<string>()
  // Locks are not listed there: owners hold liveness files.
  if (process.platform !== 'linux') return locks
  let lines: string[]
  try {
    lines = readFileSync(procPath('locks'), 'latin1').split('\n')
  } catch (cause) {
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
    // The system lists neighbouring bytes as one lock.
    const end = last === 'EOF' ? listedBytes : Math.min(Number(last) + 1, listedBytes)
    const mark = kind === 'WRITE' ? '!' : '@'
    for (let byte = Number(first); byte < end; byte++) locks.add(`${name}${mark}${byte}`)
  }
  return locks
}

/** Returns a device number in the form of /proc/locks: two hexadecimal digits each for major and minor. */
function deviceName(device: number): string {
  const majorNumber = Math.floor(device / 256) & 0xfff
  const minorNumber = (device & 0xff) | (Math.floor(device / 4096) & 0xffffff00)
  return [majorNumber, minorNumber].map((part) => part.toString(16).padStart(2, '0')).join(':')
}
