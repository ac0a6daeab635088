import { readdirSync, readFileSync } from 'node:fs'
import { procPath } from '../platform/proc.js'

/** The kernel's numbers about a process, which are available even if the process is blocked. */
export interface ProcessSample {
  readonly residentBytes: number
  /** Unknown without /proc. */
  readonly virtualBytes?: number
  /** User and system time since it started. */
  readonly cpuSeconds: number
}

/** Ticks per second in /proc, which is the same on every Linux. */
const ticksPerSecond = 100

/** Samples a process; returns undefined without such a process, or without /proc. */
export function sampleProcess(pid: number): ProcessSample | undefined {
  try {
    const status = readFileSync(procPath(`${pid}/status`), 'latin1')
    const resident = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]
    const virtual = /^VmSize:\s*(\d+) kB$/m.exec(status)?.[1]
    const stat = readFileSync(procPath(`${pid}/stat`), 'latin1')
    const fields = fieldsOf(stat)
    // Without VmRSS, the process has ended and is a zombie.
    if (resident === undefined) return undefined
    return {
      residentBytes: Number(resident) * 1024,
      virtualBytes: Number(virtual ?? 0) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    }
  } catch {
    return undefined
  }
}

export interface Lineage {
  readonly parent: number
  /** When it started, in ticks since boot; with the pid, this identifies a process. */
  readonly startTicks: number
  /** Whether it has ended, and its parent has not reaped it. */
  readonly zombie: boolean
}

/** Returns the pids of all visible processes; none without /proc. */
export function processes(): number[] {
  try {
    return readdirSync(procPath(''))
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** Returns the parent and the start of a process; undefined if there is no such process. */
export function lineageOf(pid: number): Lineage | undefined {
  try {
    const fields = fieldsOf(readFileSync(procPath(`${pid}/stat`), 'latin1'))
    return { parent: Number(fields[1]), startTicks: Number(fields[19]), zombie: fields[0] === 'Z' }
  } catch {
    return undefined
  }
}

/**
 * Returns how many processes in this process's control group the kernel has killed for memory; 0 if that is not
 * available.
 */
export function outOfMemoryKills(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync(procPath('self/cgroup'), 'latin1'))?.[1] ?? '/'
    const events = readFileSync(`/sys/fs/cgroup${group === '/' ? '' : group}/memory.events`, 'latin1')
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/**
 * Returns the fields after the name; the state is field 0. The name in brackets may contain any character, including
 * brackets.
 */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
