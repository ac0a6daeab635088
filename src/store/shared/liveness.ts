import { readFileSync, type Stats } from 'node:fs'
import type { Binding } from '#native'
import { codeOf } from './files.js'
import { kinds, ownerByte, states } from './format.js'
import type { Head } from './head.js'
import { processAlive } from './process-facts.js'

/** A buffered owner writes at least every second. One that has not for so long, and cannot be seen, is taken for dead. */
const heartbeatTimeout = 30

/**
 * Determines whether owners live. The kernel knows: a lock that ends with the process. Without the addon the same locks are
 * read from /proc/locks; a buffered owner, which has no lock, is known by pid and start time, or by its heartbeat.
 */
export class Liveness {
  private locks: Set<string> | undefined

  constructor(private readonly binding: Binding | undefined) {}

  /** Begins a scrape: what was read of the system for the last one is forgotten. */
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
    // Also for one in the future: the clock was set back since, and a living owner writes it again at once.
    return sure || Math.abs(Date.now() / 1000 - head.heartbeat) < heartbeatTimeout
  }

  /** Whether another process holds the lock on byte 0. */
  held(fd: number, file: Stats): boolean {
    if (this.binding !== undefined) return this.binding.probe(fd, ownerByte)
    return this.listed(file, '')
  }

  /** Whether a process holds it exclusively, as far as the system lists locks. */
  heldAlone(file: Stats): boolean {
    return this.listed(file, '!')
  }

  private listed(file: Stats, mark: '' | '!'): boolean {
    this.locks ??= readLocks()
    return this.locks.has(`${deviceName(file.dev)}:${file.ino}${mark}`)
  }
}

/** The files with a lock; with `!` behind the name where byte 0 is locked exclusively. */
function readLocks(): Set<string> {
  const found = new Set<string>()
  let lines: string[]
  try {
    lines = readFileSync('/proc/locks', 'latin1').split('\n')
  } catch (cause) {
    // Not Linux: no process has the addon, and none holds a lock.
    if (codeOf(cause) === 'ENOENT') return found
    // Without the list, every owner would look dead.
    throw cause
  }
  for (const line of lines) {
    const [, kind, name, first] = /\bOFDLCK\b.* (READ|WRITE) .* ([0-9a-f]+:[0-9a-f]+:\d+) (\d+) /.exec(line) ?? []
    if (name === undefined) continue
    found.add(name)
    if (kind === 'WRITE' && first === '0') found.add(`${name}!`)
  }
  return found
}

/** A device number as /proc/locks spells it: two hexadecimal digits for major and for minor. */
function deviceName(device: number): string {
  const majorNumber = Math.floor(device / 256) & 0xfff
  const minorNumber = (device & 0xff) | (Math.floor(device / 4096) & 0xffffff00)
  return [majorNumber, minorNumber].map((part) => part.toString(16).padStart(2, '0')).join(':')
}
