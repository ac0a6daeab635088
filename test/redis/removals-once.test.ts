import { describe, expect } from 'vitest'
import type { MetricsError } from '../../src/model/errors.js'
import { flush } from '../../src/store/redis/flush-script.js'
import { Flusher } from '../../src/store/redis/flusher.js'
import { Folding } from '../../src/store/redis/fold.js'
import { remove } from '../../src/store/redis/removal-scripts.js'
import type { Script, ScriptConnection } from '../../src/store/redis/script.js'
import { ShardRemovals } from '../../src/store/redis/shard-removals.js'
import { Shards } from '../../src/store/redis/shards.js'
import { counterFamily } from '../../src/testing/families.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'
import { noPause } from '../helpers/writers.js'

const jobs = counterFamily('jobs_total')

describe.skipIf(!hasRedis)('a removal', () => {
  test('is not carried out again by its own process under the name after a fold', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url, { deadAfter: 300 })
    const lossy = losing(service.connection, flush)
    const writer = new SimulatedWriter({ ...service, connection: lossy.connection })
    const other = new SimulatedWriter(service)
    writer.count(5)
    await writer.flush()
    writer.store.remove(jobs, { text: 'a' }, 'application')
    lossy.answers = 1
    await expect(writer.flush()).rejects.toThrow('lost')
    writer.count(7)
    await until(
      async () => {
        await other.flush()
        return new Folding(service).run(noPause)
      },
      ({ ledgers }) => ledgers > 0,
    )
    writer.count(2)
    await writer.flush()
    writer.count(1)
    await writer.flush()
    expect(await new SimulatedReader(service).total()).toBe(10)

    // Readers leave nothing out of the ledger under the new name for what its process has removed itself.
    writer.store.remove(jobs, { text: 'a' }, 'application')
    writer.count(4)
    const reader = new SimulatedReader(service)
    await writer.flush()
    expect(await reader.total()).toBe(4)
    expect(await new SimulatedReader(service).total()).toBe(4)
  })

  test('whose answer is lost is added once', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const lossy = losing(service.connection, remove)
    const { connection } = lossy
    const common = { connection, expire: 3_600_000, timeout: 30_000 }
    const shards = new Shards({ keyPrefix: 'promhive', shards: 1, ...common })
    const removals = new ShardRemovals({ shards, ...common })
    stage.after(() => removals.end())
    const writer = new SimulatedWriter(service)
    writer.count(5)
    await writer.flush()
    lossy.answers = 1
    const { registry, name } = jobs
    removals.push([{ author: 'a host removes', registry, name, labels: { text: 'a' } }])
    expect(await removals.settle()).toBe(false)
    await writer.flush()
    writer.count(3)
    await writer.flush()
    await until(() => removals.settle(), Boolean)
    await writer.flush()
    writer.count(1)
    await writer.flush()
    expect(await new SimulatedReader(service).total()).toBe(4)
    // The next one is another one.
    removals.push([{ author: 'a host removes', registry, name, labels: { text: 'a' } }])
    await until(() => removals.settle(), Boolean)
    await writer.flush()
    expect(await new SimulatedReader(service).total()).toBe(0)
  })

  test('that cannot be carried out is reported, hidden by readers, and tried again', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const author = new SimulatedWriter(service)
    const writer = new SimulatedWriter(service)
    const { ledger, unsent: untold } = writer.store
    const errors: string[] = []
    let fails = (text: unknown): boolean => text === '230'
    const flusher = new Flusher(
      {
        ...{ ledger, unsent: untold },
        facts: () => ({ kind: 'writer', instance: 'host', startedAt: 1, epoch: 1 }),
        removed(removals) {
          for (const { labels } of removals) if (fails(labels.text)) throw new Error('ENOSPC')
          writer.store.removed(removals)
        },
        folded: () => expect.unreachable(),
      },
      { ...service, writer: 'w', onError: ({ code }: MetricsError) => errors.push(code) },
    )
    const texts = Array.from({ length: 350 }, (_, i) => `${i}`)
    for (const text of texts) {
      author.count(1, text)
      writer.count(1, text)
    }
    await author.flush()
    await flusher.flush()
    for (const text of texts) author.store.remove(jobs, { text }, 'application')
    await author.flush()
    expect(await new SimulatedReader(service).total()).toBe(0)
    // Redis has accepted these flushes, whatever the result of the removals.
    for (let i = 0; i < 3; i++) {
      await flusher.flush()
      // A removal that was carried out is not repeated: this is counted after it.
      writer.count(1, '229')
    }
    await flusher.flush()
    expect(errors).toEqual(['REMOVE_FAILED'])
    // Later removals are carried out: only the one that fails is left, and the counts since.
    expect([...writer.store.series()].length).toBe(2)
    expect(await new SimulatedReader(service).total()).toBe(3)
    fails = () => false
    await flusher.flush()
    await flusher.flush()
    expect([...writer.store.series()].map(({ series }) => series.labelValues)).toEqual([['229']])
    expect(await new SimulatedReader(service).total()).toBe(3)
  })
})

/** A connection on which Redis runs a script, and the answer is lost. */
function losing(
  connection: ScriptConnection,
  lost: Script,
): { readonly connection: ScriptConnection; answers: number } {
  const lossy = {
    answers: 0,
    connection: {
      async run(script, keys, words) {
        const reply = await connection.run(script, keys, words)
        if (script === lost && lossy.answers > 0) {
          lossy.answers--
          throw new Error('lost')
        }
        return reply
      },
      close: () => connection.close(),
    } satisfies ScriptConnection as ScriptConnection,
  }
  return lossy
}
