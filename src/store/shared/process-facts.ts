import { readFileSync, readlinkSync } from 'node:fs'
import { loadBinding } from '../../platform/addon.js'
import { threadId } from '../../platform/loaded-builtins.js'
import { hasProc, procPath } from '../../platform/proc.js'
import { systemNow } from '../../platform/system-time.js'
import { onWindows } from '../../platform/windows.js'
import { codeOf } from './files.js'
import { kinds, type SeatKind } from './format.js'
import type { OwnerFacts } from './head.js'
import { livenessIdIn } from './liveness-file.js'

/** Clock ticks per second in /proc, which is the same on every Linux. */
const ticksPerSecond = 100
/** Ticks by which two threads may differ about when their process started, if they measure it themselves. */
const tolerance = 2
/** Milliseconds since 1970. A smaller number is a start that a process without the addon measured by another clock. */
const earliestStart = 1e12
/** When this process started by the monotonic clock, for systems that do not say. */
const measuredStart = Math.max(
  1,
  Math.round((Number(process.hrtime.bigint()) / 1e9 - process.uptime()) * ticksPerSecond),
)

/**
 * Returns when a process started, in clock ticks since boot; with the pid, this identifies a process. Returns undefined
 * if there is no such process, or without /proc.
 */
export function startTicksOf(pid: number): number | undefined {
  if (onWindows) return startedOnWindows(pid)
  const ticks = statOf(pid)?.[19]
  return ticks === undefined ? undefined : Number(ticks)
}

/** Windows has no such ticks, and the addon gives milliseconds; undefined if there is no such process, or no addon. */
function startedOnWindows(pid: number): number | undefined {
  try {
    return loadBinding().binding?.started?.(pid)
  } catch {
    return undefined
  }
}

/** Returns the same for a process that still runs: one that has ended may wait for its parent. */
export function runningSince(pid: number): number | undefined {
  if (onWindows) return startedOnWindows(pid)
  const fields = statOf(pid)
  return fields === undefined || /^[ZX]/.test(fields[0]!) ? undefined : Number(fields[19])
}

/** Returns the kernel's fields of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(procPath(`${pid}/stat`), 'latin1')
    // The name in brackets may contain any character, including brackets; the other fields follow the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function ownPidNamespace(): number {
  try {
    return Number(/\d+/.exec(readlinkSync(procPath('self/ns/pid')))?.[0] ?? 0)
  } catch {
    return 0
  }
}

/**
 * Whether all processes of the machine are visible from here: Linux gives the first namespace this number, and other
 * systems have no namespaces.
 */
export function seesAllProcesses(): boolean {
  return process.platform !== 'linux' || ownFacts().pidNamespace === 0xeffffffc
}

let facts: Omit<OwnerFacts, 'startedAt'> | undefined

/** Returns the facts of this thread, as the head of a values file contains them. */
export function ownFacts(): OwnerFacts {
  facts ??= {
    pid: process.pid,
    threadId,
    startTicks: startTicksOf(process.pid) ?? measuredStart,
    pidNamespace: ownPidNamespace(),
    livenessId: '',
  }
  return { ...facts, startedAt: systemNow() / 1000 }
}

/**
 * Returns the facts with which this thread becomes an owner in a directory. An owner with the addon holds a lock, and
 * needs a liveness file only where processes without the addon cannot see locks.
 */
export function ownerIn(directory: string, kind: SeatKind): OwnerFacts {
  const isLockSeen = kind === kinds.mapped && hasProc()
  return { ...ownFacts(), livenessId: isLockSeen ? '' : livenessIdIn(directory) }
}

/** Whether this thread wrote these facts. */
export function isOwn(owner: OwnerFacts): boolean {
  return owner.threadId === ownFacts().threadId && isOfThisProcess(owner)
}

/** Whether a thread of this process wrote these facts. */
export function isOfThisProcess(owner: OwnerFacts): boolean {
  const { pid, startTicks, pidNamespace } = ownFacts()
  if (owner.pid !== pid || owner.pidNamespace !== pidNamespace) return false
  return Math.abs(owner.startTicks - startTicks) <= (pidNamespace === 0 ? tolerance : 0)
}

/** Whether the process that wrote these facts is still running; undefined if that is not visible from here. */
export function processAlive(owner: OwnerFacts): boolean | undefined {
  if (onWindows) return runsOnWindows(owner)
  const { pidNamespace } = ownFacts()
  if (owner.pidNamespace !== pidNamespace) return undefined
  // On Linux, the pid may be one of another container.
  if (pidNamespace === 0) return process.platform === 'linux' || answers(owner.pid) ? undefined : false
  if (owner.startTicks === 0) return answers(owner.pid) ? undefined : false
  const ticks = startTicksOf(owner.pid)
  // /proc may be unreadable, for example without a free descriptor. A process that answers a signal may be the right
  // one.
  if (ticks === undefined && answers(owner.pid)) return undefined
  return ticks === owner.startTicks
}

/**
 * Whether the process that wrote these facts is certainly running, and is not a zombie; undefined if only its pid is
 * visible.
 */
export function processRuns(owner: OwnerFacts): boolean | undefined {
  if (onWindows) return runsOnWindows(owner)
  const { pidNamespace } = ownFacts()
  if (owner.pidNamespace !== pidNamespace) return false
  if (pidNamespace === 0) return answers(owner.pid) ? undefined : false
  const fields = statOf(owner.pid)
  return fields !== undefined && Number(fields[19]) === owner.startTicks && !/^[ZX]/.test(fields[0]!)
}

/** The same on Windows, where the addon knows when a process began; without it, only the pid is visible. */
function runsOnWindows({ pid, startTicks }: OwnerFacts): boolean | undefined {
  const { binding } = loadBinding()
  if (binding?.started === undefined || startTicks < earliestStart) return answers(pid) ? undefined : false
  try {
    return binding.started(pid) === startTicks
  } catch (cause) {
    return codeOf(cause) === 'ESRCH' ? false : undefined
  }
}

/** Whether a process with this pid exists, the same one or a later one. */
export function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}
