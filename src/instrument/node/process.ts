import { readdirSync, readFileSync, statSync } from 'node:fs'
import { procPath } from '../../platform/proc.js'
import { oncePerTurn, type RuntimeMetrics } from './runtime-metrics.js'

/*
 * Values of the operating system about the process. They apply to the process as a whole, so in a process with worker
 * threads only the main thread reads them.
 */

const linux = process.platform === 'linux'
const ofProcess = true

/** The values of /proc/self/status that promhive shows. */
export interface ProcessStatus {
  readonly residentBytes: number | undefined
  readonly virtualBytes: number | undefined
  readonly dataBytes: number | undefined
  readonly threads: number | undefined
}

export function parseStatus(text: string): ProcessStatus {
  const number = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s*(\\d+)(?: (kB))?$`, 'm').exec(text)
    return found === null ? undefined : Number(found[1]) * (found[2] === undefined ? 1 : 1024)
  }
  return {
    residentBytes: number('VmRSS'),
    virtualBytes: number('VmSize'),
    dataBytes: number('VmData'),
    threads: number('Threads'),
  }
}

/** The soft limits of /proc/self/limits, which are the enforced ones; `unlimited` is infinity. */
export interface ProcessLimits {
  readonly openFiles: number | undefined
  readonly addressSpaceBytes: number | undefined
}

export function parseLimits(text: string): ProcessLimits {
  const number = (name: string): number | undefined => {
    const soft = new RegExp(`^${name}\\s+(\\d+|unlimited)\\s`, 'm').exec(text)?.[1]
    return soft === undefined ? undefined : soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
  }
  return { openFiles: number('Max open files'), addressSpaceBytes: number('Max address space') }
}

const status = oncePerTurn(() => parseStatus(textOf('self/status')))
const limits = oncePerTurn(() => parseLimits(textOf('self/limits')))

export function processCpu(metrics: RuntimeMetrics): void {
  const usage = oncePerTurn(() => process.cpuUsage())
  metrics.counter({
    name: 'process_cpu_user_seconds_total',
    help: 'Total user CPU time spent in seconds.',
    ofProcess,
    read: () => usage().user / 1e6,
  })
  metrics.counter({
    name: 'process_cpu_system_seconds_total',
    help: 'Total system CPU time spent in seconds.',
    ofProcess,
    read: () => usage().system / 1e6,
  })
  metrics.counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    ofProcess,
    read: () => (usage().user + usage().system) / 1e6,
  })
}

export function processStartTime(metrics: RuntimeMetrics): void {
  metrics.gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    mode: 'livemin',
    ofProcess,
    read: () => performance.timeOrigin / 1000,
  })
}

export function processMemory(metrics: RuntimeMetrics): void {
  metrics.gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    ofProcess,
    read: () => status().residentBytes ?? process.memoryUsage.rss(),
  })
  if (!linux) return
  metrics.gauge({
    name: 'process_virtual_memory_bytes',
    help: 'Virtual memory size in bytes.',
    ofProcess,
    read: () => status().virtualBytes,
  })
  metrics.gauge({
    name: 'process_heap_bytes',
    help: 'Process heap size in bytes.',
    ofProcess,
    read: () => status().dataBytes,
  })
  metrics.gauge({
    name: 'process_virtual_memory_max_bytes',
    help: 'Maximum amount of virtual memory available in bytes, +Inf without a limit.',
    ofProcess,
    read: () => limits().addressSpaceBytes,
  })
}

export function processOpenFileDescriptors(metrics: RuntimeMetrics): void {
  if (!linux) return
  metrics.gauge({
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    ofProcess,
    read: openFileDescriptors,
  })
}

export function processMaxFileDescriptors(metrics: RuntimeMetrics): void {
  if (!linux) return
  metrics.gauge({
    name: 'process_max_fds',
    help: 'Maximum number of open file descriptors.',
    ofProcess,
    read: () => limits().openFiles,
  })
}

export function processThreads(metrics: RuntimeMetrics): void {
  if (!linux) return
  metrics.gauge({
    name: 'process_threads',
    help: 'Number of operating system threads of the process.',
    ofProcess,
    read: () => status().threads,
  })
}

function openFileDescriptors(): number | undefined {
  try {
    const path = procPath('self/fd')
    // Since Linux 6.2 the size is their number: a process of 100000 sockets need not list them.
    const { size } = statSync(path)
    // Listing a directory opens it, so the list has one more than before.
    return size > 0 ? size : readdirSync(path).length - 1
  } catch {
    return undefined
  }
}

/** Returns an empty text if /proc has no such file: then no value is found in it, and none is shown. */
function textOf(entry: string): string {
  try {
    // /proc is in memory: reading it does not wait.
    return readFileSync(procPath(entry), 'latin1')
  } catch {
    return ''
  }
}
