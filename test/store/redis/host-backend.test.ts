import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import type { MetricsError } from '../../../src/model/errors.js'
import type { Store } from '../../../src/store/contract.js'
import { overClient } from '../../../src/store/redis/clients.js'
import { removalText } from '../../../src/store/redis/entry.js'
import { flush } from '../../../src/store/redis/flush-script.js'
import { HostBackend } from '../../../src/store/redis/host-backend.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { settingsOf } from '../../../src/store/redis/options.js'
import { remove } from '../../../src/store/redis/removal-scripts.js'
import type { ScriptConnection } from '../../../src/store/redis/script.js'
import { ServiceSnapshot } from '../../../src/store/redis/service-snapshot.js'
import { Leadership } from '../../../src/store/shared/leadership.js'
import { counterFamily } from '../../../src/testing/families.js'
import { test } from '../../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../../helpers/redis/redis-server.js'
import { noPause, TestWriter } from '../../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['who'] })
const settings = {
  ...settingsOf({}),
  flushInterval: 60_000,
  expire: 60_000,
  deadAfter: 60_000,
  scope: 'service',
  instance: 'host',
  shards: 1,
} as const

describe.skipIf(!hasRedis)('a host whose series are removed by another process', () => {
  test('does not send again what it had read before the removal arrived', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const client = new Redis(server.url)
    client.on('error', () => {})
    stage.after(() => client.disconnect())
    const { held, ...connection } = holding(overClient(client))
    const keyPrefix = randomUUID()
    const options = { keys: new Keys(keyPrefix), connection, deadAfter: 60_000, expire: 60_000, timeout: 30_000 }

    const writer = new TestWriter(1)
    const slot = writer.open(jobs, ['all'], [10])
    const host = new HostBackend({ ...settings, keyPrefix }, connection, () => ({
      backend: {
        name: 'one process',
        begin() {},
        openStore: () => ({ remove: () => writer.remove(jobs, ['all'], slot) }) as unknown as Store,
        openSource: () => ({ read: async () => ({ writers: [writer], errors: [] }), close() {} }),
      },
      runId: () => 'run',
      leads: () => true,
      note: () => '',
      leaveNote() {},
      leave() {},
    }))
    host.begin({ onError: (error) => expect.unreachable(error.message), onRemoved() {} })
    expect(await host.flush()).toBe(true)
    const shelf = new ServiceSnapshot(options)
    expect(await shown(shelf)).toEqual([10])

    const { registry, name } = jobs
    const removal = removalText({ author: 'somebody else', registry, name, labels: { who: 'all' } })
    const { state, removals } = options.keys
    await connection.run(remove, [state, removals, options.keys.removing('queue')], [removal, '1', '60000'])
    expect(await shown(shelf)).toEqual([])
    // The answer to the first one contains the removal. The second one was built before it came.
    held.answers = true
    const first = host.flush()
    const second = host.flush()
    await held.one
    await new Promise((resolve) => setTimeout(resolve, 50))
    held.release()
    await Promise.all([first, second])
    expect(await shown(shelf)).toEqual([])
    // Nor to a reader that never saw it before.
    expect(await shown(new ServiceSnapshot(options))).toEqual([])
  })
})

test('a host whose directory cannot be read reports it, and ends no process', async () => {
  const faults: string[] = []
  const connection: ScriptConnection = { run: () => Promise.reject(new Error('not asked')), close: async () => {} }
  const host = new HostBackend({ ...settings, keyPrefix: 'shop' }, connection, () => ({
    backend: {
      name: 'one process',
      begin() {},
      openStore: () => ({}) as Store,
      openSource: () => ({ read: () => Promise.reject(new Error('EIO')), close() {} }),
    },
    runId: () => 'run',
    leads: () => true,
    note: () => '',
    leaveNote() {},
    leave() {},
  }))
  host.begin({ onError: ({ code }) => faults.push(code), onRemoved() {} })
  expect(await host.flush()).toBe(false)
  expect(faults).toEqual(['FLUSH_FAILED'])
})

/** The series that a scrape would show of the open ones, without the removed ones. */
async function shown(shelf: ServiceSnapshot): Promise<number[]> {
  await shelf.read(noPause)
  const found: number[] = []
  for (const { log, values } of shelf.snapshots(() => true)) {
    const open = new Set<number>()
    for (let i = 0; i < log.length; i++) {
      if (log.kinds[i] === 0) open.add(log.slotOf[i]!)
      else if (log.kinds[i] === 1) open.delete(log.slotOf[i]!)
    }
    found.push(...[...open].map((at) => values[at]!))
  }
  return found
}

/** A connection that withholds the answers of flushes until it is released. */
function holding(connection: ScriptConnection) {
  let arrived = (): void => {}
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const held = {
    answers: false,
    one: new Promise<void>((resolve) => {
      arrived = resolve
    }),
    release: () => release(),
  }
  return {
    held,
    async run(...question: Parameters<ScriptConnection['run']>) {
      const answer = await connection.run(...question)
      if (held.answers && question[0] === flush) {
        arrived()
        await released
      }
      return answer
    },
    close: () => connection.close(),
  }
}

describe.runIf(process.getuid?.() === 0)('a process of a host whose leader file another user owns', () => {
  test('reports once that it cannot flush, and counts on', async ({ stage }) => {
    const nobody = 65_534
    const directory = stage.folder()
    const leader = join(directory, '.leader')
    writeFileSync(leader, '')
    chownSync(leader, 1, 1)
    // Only the owner of a file, or of the directory, renames or removes it.
    chmodSync(directory, 0o1777)
    const writer = new TestWriter(1)
    writer.open(jobs, ['all'], [10])
    const leadership = new Leadership(directory, undefined)
    const connection: ScriptConnection = {
      run: () => Promise.reject(new Error('nothing is sent')),
      close: async () => {},
    }
    const host = new HostBackend({ ...settings, keyPrefix: 'unled' }, connection, () => ({
      backend: {
        name: 'one process',
        begin() {},
        openStore: () => ({}) as Store,
        openSource: () => ({ read: async () => ({ writers: [writer], errors: [] }), close() {} }),
      },
      runId: () => 'run',
      leads: () => leadership.held(),
      note: () => '',
      leaveNote() {},
      leave: () => leadership.leave(),
    }))
    const errors: MetricsError[] = []
    host.begin({ onError: (error) => errors.push(error), onRemoved() {} })
    process.seteuid!(nobody)
    try {
      for (let i = 0; i < 3; i++) expect(await host.flush()).toBe(true)
    } finally {
      process.seteuid!(0)
    }
    expect(errors.map(({ code }) => code)).toEqual(['FLUSH_FAILED'])
    expect(errors[0]!.message).toContain(`cannot flush for host (${leader} belongs to user 1`)
  })
})
