import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import { codeOf } from './files.js'
import type { OwnerFacts } from './head.js'

/** When a process started, in clock ticks since boot: with the pid it names a process for good. Undefined: no such process. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in brackets may hold anything; the fields behind the last bracket do not.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
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

/** This thread, as the head of a values file tells of its owner. */
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
  return startTicksOf(owner.pid) === owner.startTicks
}

/** Whether there is a process of this number, be it the same or a later one. */
function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}
