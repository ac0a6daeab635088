import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { procPath } from '../../platform/proc.js'
import { oncePerTurn, type RuntimeMetrics } from './runtime-metrics.js'

/*
 * The limits of the control groups (cgroups) that this process is in: what a container may use. Version 2 of cgroups has
 * one hierarchy, version 1 one for each controller. The limits of the parent groups apply to a group as well.
 */

/** A limit, and the group that sets it: processes with the same group share it. */
export interface CgroupLimit {
  /** A number that identifies the group on this host. */
  readonly group: number
  readonly value: number
}

export interface CgroupLimits {
  readonly memoryBytes: CgroupLimit | undefined
  /** The number of cores that may be used at a time; may be a fraction. */
  readonly cpuCores: CgroupLimit | undefined
  /** The maximum number of tasks: threads of all processes. */
  readonly tasks: CgroupLimit | undefined
}

/** How files are read: a test replaces it. Each function returns undefined for a missing file. */
export interface CgroupFiles {
  read(path: string): string | undefined
  inode(path: string): number | undefined
}

const systemFiles: CgroupFiles = {
  read: (path) => orUndefined(() => readFileSync(path.startsWith('/proc/') ? procPath(path.slice(6)) : path, 'latin1')),
  inode: (path) => orUndefined(() => statSync(path).ino),
}

/** Returns the lowest limit of each kind; undefined if there is none. */
export function cgroupLimits(files: CgroupFiles = systemFiles): CgroupLimits {
  const groups = parseGroups(files.read('/proc/self/cgroup') ?? '')
  const mounts = parseMounts(files.read('/proc/self/mountinfo') ?? '')
  const lowest = (controller: string, ofVersion1: ReadLimit, ofVersion2: ReadLimit): CgroupLimit | undefined => {
    // A controller belongs to one version at a time.
    const groupKey = groups.get(controller) === undefined ? '' : controller
    const [path, mount] = [groups.get(groupKey), mounts.get(groupKey)]
    if (path === undefined || mount === undefined) return undefined
    return lowestOf(pathsOf(path, mount), groupKey === '' ? ofVersion2 : ofVersion1, files)
  }
  return {
    memoryBytes: lowest('memory', amountIn('memory.limit_in_bytes'), amountIn('memory.max')),
    cpuCores: lowest('cpu', coresOfVersion1, coresOfVersion2),
    tasks: lowest('pids', amountIn('pids.max'), amountIn('pids.max')),
  }
}

/** Reads the limit that a group itself sets. */
type ReadLimit = (folder: string, files: CgroupFiles) => number | undefined

interface Mount {
  /** The group that is mounted. */
  readonly root: string
  readonly folder: string
}

/** The path of the process's group by controller; that of version 2 under an empty name. */
function parseGroups(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    for (const controller of controllers?.split(',') ?? []) groups.set(controller, path!)
  }
  return groups
}

function parseMounts(text: string): ReadonlyMap<string, Mount> {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [fields = '', behind = ''] = line.split(' - ')
    const [root, folder] = fields.split(' ').slice(3).map(unescaped)
    const [type, , options = ''] = behind.split(' ')
    if (root === undefined || folder === undefined) continue
    const controllers = type === 'cgroup2' ? [''] : type === 'cgroup' ? options.split(',') : []
    // Of several mounts, the first is used: a container may mount a part again.
    for (const controller of controllers) if (!mounts.has(controller)) mounts.set(controller, { root, folder })
  }
  return mounts
}

/** The kernel writes a space in a path as `\040`. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** The folders of a group and of its parent groups that are mounted here. */
function pathsOf(group: string, { root, folder }: Mount): readonly string[] {
  const inside = relative(root, group)
  // A group outside of the mounted part is not visible; the mounted part is then the container's.
  const paths = [inside.startsWith('..') ? folder : join(folder, inside)]
  while (paths.at(-1) !== folder) paths.push(dirname(paths.at(-1)!))
  return paths
}

function lowestOf(folders: readonly string[], limit: ReadLimit, files: CgroupFiles): CgroupLimit | undefined {
  let lowest: CgroupLimit | undefined
  for (const folder of folders) {
    const value = limit(folder, files)
    const group = value === undefined ? undefined : files.inode(folder)
    // Of equal limits, that of the outer group: the other groups share it.
    if (value === undefined || group === undefined || (lowest !== undefined && lowest.value < value)) continue
    lowest = { group, value }
  }
  return lowest
}

function amountIn(name: string): ReadLimit {
  return (folder, files) => amount(files.read(join(folder, name)))
}

function coresOfVersion1(folder: string, files: CgroupFiles): number | undefined {
  const [quota, period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) =>
    amount(files.read(join(folder, name))),
  )
  return ratio(quota, period)
}

function coresOfVersion2(folder: string, files: CgroupFiles): number | undefined {
  const [quota, period] = (files.read(join(folder, 'cpu.max')) ?? '').trim().split(' ')
  return ratio(amount(quota), amount(period))
}

function ratio(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined || period === 0 ? undefined : quota / period
}

/** No limit is `max` in version 2, and in version 1 -1 or the largest number of pages. */
function amount(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+\n?$/.test(text)) return undefined
  const value = Number(text)
  return value > Number.MAX_SAFE_INTEGER ? undefined : value
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/**
 * Each group of an application has its own series: processes of one group share a limit, those of several hosts or
 * containers do not. So the limit of the application is the sum.
 */
export function cgroupLimitMetrics(metrics: RuntimeMetrics): void {
  if (process.platform !== 'linux') return
  const limits = oncePerTurn(() => cgroupLimits())
  const gauge = (name: string, help: string, read: () => CgroupLimit | undefined): void =>
    metrics.gauge({
      name: `process_cgroup_${name}`,
      help,
      labelNames: ['cgroup'],
      mode: 'livemax',
      perWorker: false,
      ofProcess: true,
      read() {
        const limit = read()
        return limit === undefined ? [] : [{ labels: { cgroup: `${hostname()}-${limit.group}` }, value: limit.value }]
      },
    })
  gauge('memory_limit_bytes', 'Memory that the control group may use in bytes.', () => limits().memoryBytes)
  gauge('cpu_limit_cores', 'CPU cores that the control group may use at a time.', () => limits().cpuCores)
  gauge('pids_limit', 'Threads and processes that the control group may have.', () => limits().tasks)
}
