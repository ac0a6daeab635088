import { readdirSync, readFileSync } from 'node:fs'

/** The kernel's numbers of a process, whatever the process is doing. */
export interface ProcessSample {
  readonly residentBytes: number
  readonly virtualBytes: number
  /** User and system time since it started. */
  readonly cpuSeconds: number
}

/** Of every Linux, in what /proc shows: the kernel converts from its own. */
const ticksPerSecond = 100

/** Undefined when there is no such process, or no /proc. */
export function sampleProcess(pid: number): ProcessSample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const resident = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]
    const virtual = /^VmSize:\s*(\d+) kB$/m.exec(status)?.[1]
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = fieldsOf(stat)
    // Without VmRSS it has ended, and waits to be collected.
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
  /** When it started, in ticks since boot: with the pid it names a process for good. */
  readonly startTicks: number
  /** Whether it has ended, and its parent has not taken notice. */
  readonly zombie: boolean
}

/** All that this one sees; none where there is no /proc. */
export function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** Where a process comes from; undefined when there is none of this number. */
export function lineageOf(pid: number): Lineage | undefined {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return { parent: Number(fields[1]), startTicks: Number(fields[19]), zombie: fields[0] === 'Z' }
  } catch {
    return undefined
  }
}

/** How many processes the kernel has killed for memory in this process's control group; 0 where that is not available. */
export function outOfMemoryKills(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1] ?? '/'
    const events = readFileSync(`/sys/fs/cgroup${group === '/' ? '' : group}/memory.events`, 'latin1')
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** The name in brackets may hold anything; the fields behind the last bracket do not. The state is field 0. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
