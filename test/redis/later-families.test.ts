import { describe, expect } from 'vitest'
import { Slices } from '../../src/platform/slices.js'
import { type Folded, Folding } from '../../src/store/redis/fold.js'
import type { ServiceSnapshotOptions } from '../../src/store/redis/service-snapshot.js'
import { test } from '../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { SimulatedReader, SimulatedWriter, simulatedService } from '../helpers/redis/simulated-writers.js'

/** Changes the type of every family of a ledger to one of the same length that this version does not know, or back. */
async function rename(server: RedisServer, ledger: string, from: string, to: string): Promise<void> {
  const key = `{promhive}:${ledger}:names`
  const names = String(await server.ask('GET', key))
  expect(names).toContain(`"type":"${from}"`)
  await server.ask('SET', key, names.replaceAll(`"type":"${from}"`, `"type":"${to}"`))
}

const fold = (service: ServiceSnapshotOptions): Promise<Folded> => new Folding(service).run(new Slices())

describe.skipIf(!hasRedis)('a ledger with families of a later version', () => {
  test('is left to that version, and counted', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const [later, earlier] = [new SimulatedWriter(service), new SimulatedWriter(service)]
    for (const writer of [later, earlier]) {
      writer.count(5)
      await writer.leave()
    }
    await rename(server, later.flusher.writer, 'counter', 'novelty')
    expect((await fold(service)).ledgers).toBe(1)
    const reader = new SimulatedReader(service)
    expect(await reader.total()).toBe(5)
    expect(reader.shelf.unreadable).toBe(1)
    // No flush looks for dead writers because of it.
    expect(await server.ask('ZCARD', '{promhive}:beats')).toBe(0)
    await rename(server, later.flusher.writer, 'novelty', 'counter')
    expect((await fold(service)).ledgers).toBe(1)
    expect(await new SimulatedReader(service).total()).toBe(10)
  })

  test('is not written, if it has the totals: what dead processes counted stays beside it', async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const service = simulatedService(stage, server.url)
    const [later, earlier] = [new SimulatedWriter(service), new SimulatedWriter(service)]
    later.count(5)
    await later.leave()
    expect((await fold(service)).ledgers).toBe(1)
    await rename(server, 'totals:', 'counter', 'novelty')
    earlier.count(7)
    await earlier.leave()
    expect((await fold(service)).ledgers).toBe(0)
    expect(await new SimulatedReader(service).total()).toBe(7)
    await rename(server, 'totals:', 'novelty', 'counter')
    expect((await fold(service)).ledgers).toBe(1)
    expect(await server.ask('HKEYS', '{promhive}:ledgers')).toEqual(['totals:'])
    expect(await new SimulatedReader(service).total()).toBe(12)
  })
})
