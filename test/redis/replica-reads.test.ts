import { describe, expect } from 'vitest'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'
import { scrapeUntil, startWriter } from '../helpers/redis/sharded.js'

const fast = ['--repl-diskless-sync-delay', '0']

async function startReplica(stage: Stage, primary: RedisServer): Promise<RedisServer> {
  const replica = await RedisServer.start(stage, { args: ['--replicaof', `127.0.0.1 ${primary.port}`, ...fast] })
  await follows(replica)
  return replica
}

async function follows(replica: RedisServer): Promise<void> {
  await until(
    () => replica.ask('INFO', 'replication'),
    (info) => /master_link_status:up/.test(String(info)),
  )
}

/** Waits until the replica has all that the primary has had so far. */
async function catchesUp(replica: RedisServer, primary: RedisServer): Promise<void> {
  const offsetOf = async (server: RedisServer, field: string): Promise<number> =>
    Number(new RegExp(`${field}:(\\d+)`).exec(String(await server.ask('INFO', 'replication')))?.[1])
  const wanted = await offsetOf(primary, 'master_repl_offset')
  await until(
    () => offsetOf(replica, 'slave_repl_offset'),
    (offset) => offset >= wanted,
  )
}

describe.skipIf(!hasRedis)('scrapes that read a replica', () => {
  test('show all it has, and the own counts of their process at once', async ({ stage }) => {
    const primary = await RedisServer.start(stage, { args: fast })
    const replica = await startReplica(stage, primary)
    const writer = await startWriter(stage, primary.url, {})
    const reader = await startWriter(stage, primary.url, { readFrom: replica.url })
    await writer.ask('count', 'jobs_total', {}, 10)
    await writer.ask('flush')
    await reader.ask('count', 'jobs_total', {}, 5)
    await scrapeUntil(reader, (seen) => seen.value('jobs_total') === 15)
    expect(String(await replica.ask('INFO', 'commandstats'))).toMatch(/cmdstat_evalsha_ro:calls=[1-9]/)
    const scripts = String(await primary.ask('INFO', 'commandstats'))
    expect(scripts).not.toMatch(/cmdstat_evalsha_ro/)

    await catchesUp(replica, primary)
    // The replica has stopped following: what others count is late, what this process counts is not.
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    await writer.ask('count', 'jobs_total', {}, 100)
    await writer.ask('flush')
    await reader.ask('count', 'jobs_total', {}, 1)
    expect(new Exposition(await reader.ask('scrape')).value('jobs_total')).toBe(16)
    await replica.ask('REPLICAOF', '127.0.0.1', String(primary.port))
    await scrapeUntil(reader, (seen) => seen.value('jobs_total') === 116)
    expect(await reader.ask('faults')).toEqual([])
  })

  test('read the primary when the replica has not followed it for long', async ({ stage }) => {
    const primary = await RedisServer.start(stage, { args: fast })
    const replica = await startReplica(stage, primary)
    const options = { flushInterval: 0.1, deadAfter: 1 }
    const writer = await startWriter(stage, primary.url, options)
    const reader = await startWriter(stage, primary.url, { ...options, readFrom: replica.url })
    await writer.ask('setGauge', 'level', 'livesum', 7)
    await writer.ask('count', 'jobs_total', {}, 10)
    await scrapeUntil(reader, (seen) => seen.value('jobs_total') === 10)
    await catchesUp(replica, primary)
    await replica.ask('REPLICAOF', 'NO', 'ONE')
    await writer.ask('count', 'jobs_total', {}, 100)
    await scrapeUntil(reader, (seen) => seen.value('jobs_total') === 110 && seen.value('level') === 7)
    const faults = (await reader.ask('faults')) as string[]
    expect(faults.filter((fault) => /behind its primary/.test(JSON.stringify(fault)))).toHaveLength(1)
  })

  test('never decrease, although a late replica answers at times', async ({ stage }) => {
    const primary = await RedisServer.start(stage, { args: fast })
    const replicas = [await startReplica(stage, primary), await startReplica(stage, primary)]
    const options = { flushInterval: 0.1, deadAfter: 1, instance: 'dying' }
    const reader = await startWriter(stage, primary.url, { readFrom: replicas.map(({ url }) => url).join() })
    let before = new Exposition(await reader.ask('scrape'))
    let counted = 0
    for (let round = 0; round < 4; round++) {
      const writer = await startWriter(stage, primary.url, options)
      await writer.ask('count', 'jobs_total', {}, 10)
      expect(await writer.ask('flush')).toBe(true)
      counted += 10
      // From here on one of them is late: it has the writer, the other one has the totals.
      await replicas[round % 2]!.ask('REPLICAOF', 'NO', 'ONE')
      await writer.ask('close')
      await writer.kill()
      const end = await until(
        async () => {
          const after = new Exposition(await reader.ask('scrape'))
          expect(wentBack(before, after)).toEqual([])
          before = after
          return after
        },
        (seen) => seen.value('jobs_total') === counted,
      )
      expect(end.value('jobs_total')).toBe(counted)
      await replicas[round % 2]!.ask('REPLICAOF', '127.0.0.1', String(primary.port))
      await follows(replicas[round % 2]!)
    }
    expect(await reader.ask('faults')).toEqual([])
  })
})
