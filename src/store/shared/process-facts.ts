import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { codeOf } from './files.js'
import type { OwnerFacts } from './head.js'

/** When a process started, in clock ticks since boot: with the pid it names a process for good. Undefined: no such process. */
export function startTicksOf(pid: number): number | undefined {
  const ticks = statOf(pid)?.[19]
  return ticks === undefined ? undefined : Number(ticks)
}

/** The kernel's fields of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; the fields behind the last bracket do not.
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

let facts: Omit<OwnerFacts, 'startedAt'> | undefined

/** This thread, as an owner in the head of a values file. */
export function ownFacts(): OwnerFacts {
  facts ??= { pid: process.pid, threadId, startTicks: startTicksOf(process.pid) ?? 0, pidNamespace: ownPidNamespace() }
  return { ...facts, startedAt: Date.now() / 1000 }
}

/** Whether it was this thread that wrote these facts. */
export function isOwn(owner: OwnerFacts): boolean {
  const { pid, threadId, startTicks, pidNamespace } = ownFacts()
  return (
    owner.pid === pid &&
    owner.threadId === threadId &&
    owner.startTicks === startTicks &&
    owner.pidNamespace === pidNamespace
  )
}

/** Whether the process that wrote these facts still runs; undefined where that cannot be seen from here. */
export function processAlive(owner: OwnerFacts): boolean | undefined {
  if (owner.pidNamespace !== ownFacts().pidNamespace) return undefined
  if (owner.startTicks === 0) return answers(owner.pid) ? undefined : false
  const ticks = startTicksOf(owner.pid)
  // No descriptor to look with, say: a process that answers may be it.
  if (ticks === undefined && answers(owner.pid)) return undefined
  return ticks === owner.startTicks
}

/** Whether the process that wrote these facts runs for certain, and has not ended without its parent having noticed. */
export function processRuns(owner: OwnerFacts): boolean {
  if (owner.startTicks === 0 || owner.pidNamespace !== ownFacts().pidNamespace) return false
  const fields = statOf(owner.pid)
  return fields !== undefined && Number(fields[19]) === owner.startTicks && !/^[ZX]/.test(fields[0]!)
}

/** Whether there is a process of this number, be it the same or a later one. */
function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}
