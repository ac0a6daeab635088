import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, test as plainTest } from 'vitest'
import { cgroupLimits } from '../../../src/instrument/node/cgroup.js'
import { Reader } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

/** Limits where the system has these files; the number of a group is the length of its path. */
function limitsWith(files: Readonly<Record<string, string>>) {
  const limits = cgroupLimits({ read: (path) => files[path], inode: (path) => path.length })
  return Object.fromEntries(Object.entries(limits).map(([kind, limit]) => [kind, limit && [limit.group, limit.value]]))
}

const none = { memoryBytes: undefined, cpuCores: undefined, tasks: undefined }
const version2 = '34 24 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n'

describe('version 2', () => {
  plainTest('has the limits of a container that sees its own group only', () => {
    const files = {
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': version2,
      '/sys/fs/cgroup/memory.max': '536870912\n',
      '/sys/fs/cgroup/cpu.max': '250000 100000\n',
      '/sys/fs/cgroup/pids.max': '100\n',
    }
    const group = '/sys/fs/cgroup'.length
    expect(limitsWith(files)).toEqual({ memoryBytes: [group, 536870912], cpuCores: [group, 2.5], tasks: [group, 100] })
  })

  plainTest('has the lowest limit of the groups around it, under the name of the outermost that sets it', () => {
    const [outer, inner] = ['/sys/fs/cgroup/system.slice', '/sys/fs/cgroup/system.slice/shop.service']
    const files = {
      '/proc/self/cgroup': '0::/system.slice/shop.service\n',
      '/proc/self/mountinfo': version2,
      [`${inner}/memory.max`]: '1000\n',
      [`${outer}/memory.max`]: '1000\n',
      [`${inner}/cpu.max`]: 'max 100000\n',
      [`${outer}/cpu.max`]: '50000 100000\n',
      [`${inner}/pids.max`]: '10\n',
      [`${outer}/pids.max`]: 'max\n',
    }
    const expected = {
      memoryBytes: [outer.length, 1000],
      cpuCores: [outer.length, 0.5],
      tasks: [inner.length, 10],
    }
    expect(limitsWith(files)).toEqual(expected)
  })

  plainTest('has none where each is max, and where the files are not readable', () => {
    const files = { '/proc/self/cgroup': '0::/a\n', '/proc/self/mountinfo': version2 }
    expect(limitsWith(files)).toEqual(none)
    const max = { '/sys/fs/cgroup/a/memory.max': 'max\n', '/sys/fs/cgroup/a/cpu.max': 'max 100000\n' }
    expect(limitsWith({ ...files, ...max })).toEqual(none)
  })
})

describe('version 1', () => {
  const mounts = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw',
    '33 31 0:30 /docker/ab12 /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 /docker/ab12 /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory',
    '39 31 0:36 /docker/ab12 /sys/fs/cgroup/with\\040space ro,nosuid - cgroup cgroup rw,pids',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n')
  const groups = '8:pids:/docker/ab12\n4:memory:/docker/ab12/inner\n2:cpuacct,cpu:/elsewhere\n0::/\n'
  const files = { '/proc/self/cgroup': groups, '/proc/self/mountinfo': mounts }
  const [memory, cpu, pids] = ['memory', 'cpu,cpuacct', 'with space'].map((name) => `/sys/fs/cgroup/${name}`)

  plainTest('has a hierarchy for each controller, of which a container sees its own part', () => {
    const limited = {
      [`${memory}/inner/memory.limit_in_bytes`]: '9223372036854771712\n',
      [`${memory}/memory.limit_in_bytes`]: '2000\n',
      [`${cpu}/cpu.cfs_quota_us`]: '150000\n',
      [`${cpu}/cpu.cfs_period_us`]: '100000\n',
      [`${pids}/pids.max`]: '7\n',
      // Of no controller that is in this version.
      '/sys/fs/cgroup/unified/memory.max': '1\n',
    }
    const expected = { memoryBytes: [memory!.length, 2000], cpuCores: [cpu!.length, 1.5], tasks: [pids!.length, 7] }
    expect(limitsWith({ ...files, ...limited })).toEqual(expected)
  })

  plainTest('has none where nothing is limited', () => {
    const unlimited = {
      [`${memory}/memory.limit_in_bytes`]: '9223372036854771712\n',
      [`${cpu}/cpu.cfs_quota_us`]: '-1\n',
      [`${cpu}/cpu.cfs_period_us`]: '100000\n',
      [`${pids}/pids.max`]: 'max\n',
    }
    expect(limitsWith({ ...files, ...unlimited })).toEqual(none)
  })
})

plainTest('without the files of Linux there are no limits', () => {
  expect(limitsWith({})).toEqual(none)
  expect(limitsWith({ '/proc/self/cgroup': 'none', '/proc/self/mountinfo': ' - \n\n- -' })).toEqual(none)
})

/** Where this process may create groups with a limit of memory; undefined if it may not. */
const memoryFolder = (() => {
  const group = /^\d+:memory:(.*)$/m.exec(textOf('/proc/self/cgroup'))?.[1]
  const mount = /^\d+ \d+ \S+ \S+ (\S+) .*- cgroup \S+ \S*\bmemory\b/m.exec(textOf('/proc/self/mountinfo'))?.[1]
  const folder = group === undefined || mount === undefined ? undefined : `${mount}${group}`
  try {
    if (folder === undefined) return undefined
    mkdirSync(`${folder}/promhive-probe-${process.pid}`)
    rmdirSync(`${folder}/promhive-probe-${process.pid}`)
    return folder
  } catch {
    return undefined
  }
})()

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

describe.runIf(memoryFolder !== undefined)('processes in groups of version 1', () => {
  const megabyte = 2 ** 20
  const limit = 'process_cgroup_memory_limit_bytes'

  function group(stage: Stage, name: string, bytes: number): string {
    const folder = `${memoryFolder}/promhive-test-${process.pid}-${name}`
    mkdirSync(folder)
    stage.after(async () => {
      await stage.clearActors()
      // The kernel takes a moment until a group is empty.
      await until(
        () => removed(folder),
        (is) => is,
      )
    })
    writeFileSync(`${folder}/memory.limit_in_bytes`, String(bytes))
    return folder
  }

  function removed(folder: string): boolean {
    try {
      rmdirSync(folder)
      return true
    } catch {
      return false
    }
  }

  async function measured(stage: Stage, folder: string, directory: string): Promise<void> {
    const wrapper = ['sh', '-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', folder]
    const env = { PROMHIVE_DIR: directory }
    const actor = await stage.start('../../instrument/node/programs/measured.mjs', { env, wrapper })
    await actor.ask('measure', { perWorker: true })
    await actor.ask('scrape')
  }

  test('show the limit of each group once, and without a process of it none', async ({ stage }) => {
    const [one, two] = [group(stage, 'one', 600 * megabyte), group(stage, 'two', 700 * megabyte)]
    const directory = stage.directory()
    for (const folder of [one, one, two]) await measured(stage, folder, directory)
    const reader = new Reader(directory)
    const seen = (await reader.scrape()).labelled(limit)
    expect(Object.values(seen).sort()).toEqual([600 * megabyte, 700 * megabyte])
    for (const labels of Object.keys(seen)) expect(labels).toMatch(new RegExp(`^cgroup="${hostname()}-\\d+"$`))
    await stage.clearActors()
    expect((await reader.scrape()).labelled(limit)).toEqual({})
  })
})
