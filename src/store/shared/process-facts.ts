import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { loadBinding } from '../../platform/addon.js'
import { onWindows } from '../../platform/windows.js'
import { codeOf } from './files.js'
import type { OwnerFacts } from './head.js'

/**
 * Returns when a process started, in clock ticks since boot; with the pid, this identifies a process. Returns undefined
 * if there is no such process.
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
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may contain any character, including brackets; the other fields follow the last bracket.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

function ownPidNamespace(): number {
  try {
    return Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? 0)
  } catch {
    return 0
  }
}

/** Whether all processes of the machine are visible from here: the kernel gives the first namespace this number. */
export function seesAllProcesses(): boolean {
  return ownFacts().pidNamespace === 0xeffffffc
}

let facts: Omit<OwnerFacts, 'startedAt'> | undefined

/** Returns the facts of this thread, as the head of a values file contains them. */
export function ownFacts(): OwnerFacts {
  facts ??= { pid: process.pid, threadId, startTicks: startTicksOf(process.pid) ?? 0, pidNamespace: ownPidNamespace() }
  return { ...facts, startedAt: Date.now() / 1000 }
}

/** Whether this thread wrote these facts. */
export function isOwn(owner: OwnerFacts): boolean {
  return owner.threadId === ownFacts().threadId && isOfThisProcess(owner)
}

/** Whether a thread of this process wrote these facts. */
export function isOfThisProcess(owner: OwnerFacts): boolean {
  const { pid, startTicks, pidNamespace } = ownFacts()
  return owner.pid === pid && owner.startTicks === startTicks && owner.pidNamespace === pidNamespace
}

/** Whether the process that wrote these facts is still running; undefined if that is not visible from here. */
export function processAlive(owner: OwnerFacts): boolean | undefined {
  if (owner.pidNamespace !== ownFacts().pidNamespace) return undefined
  if (owner.startTicks === 0) return answers(owner.pid) ? undefined : false
  const ticks = startTicksOf(owner.pid)
  // /proc may be unreadable, for example without a free descriptor. A process that answers a signal may be the right
  // one.
  if (ticks === undefined && answers(owner.pid)) return undefined
  return ticks === owner.startTicks
}

/** Whether the process that wrote these facts is certainly running, and is not a zombie. */
export function processRuns(owner: OwnerFacts): boolean {
  if (owner.startTicks === 0 || owner.pidNamespace !== ownFacts().pidNamespace) return false
  if (onWindows) return startedOnWindows(owner.pid) === owner.startTicks
  const fields = statOf(owner.pid)
  return fields !== undefined && Number(fields[19]) === owner.startTicks && !/^[ZX]/.test(fields[0]!)
}

/** Whether a process with this pid exists, the same one or a later one. */
export function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}
