import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { checkRedis } from '../../src/cli/doctor/redis-check.js'
import { commandsOfScripts } from '../../src/cli/doctor/redis-rights-check.js'
import { redisTarget } from '../../src/cli/redis/redis-arguments.js'
import { redis } from '../../src/redis.js'
import { Script } from '../../src/store/redis/script.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { promhive } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { participant } from '../helpers/redis/lost-answers.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 120_000

/** What the doctor finds: the texts by topic, and the advice where something is wrong. */
async function examine(url: string, prefix = 'shop') {
  const findings = await checkRedis(redisTarget({ redis: url, prefix }, undefined)!)
  const texts = Object.fromEntries(findings.map(({ topic, text }) => [topic, text]))
  const wrong = Object.fromEntries(
    findings.flatMap(({ state, topic, advice }) => (state === 'ok' ? [] : [[topic, `${state}: ${advice}`]])),
  )
  return { texts, wrong, findings }
}

async function count(stage: Stage, url: string, keyPrefix = 'shop'): Promise<void> {
  const one = participant(stage, redis({ url, keyPrefix }))
  counterOf(one, counterFamily('jobs_total'), JSON.stringify(['a'])).inc(2)
  expect(await one.backend.flush()).toBe(true)
}

describe('the rights that promhive doctor tries', () => {
  test('are all that the scripts need', () => {
    const called = Script.all.flatMap(({ text }) => [...text.matchAll(/redis\.p?call\('(\w+)'/g)])
    const needed = new Set(called.map(([, name]) => name!.toLowerCase()))
    expect(needed.size).toBeGreaterThan(10)
    expect([...needed].filter((command) => !commandsOfScripts().includes(command))).toEqual([])
  })
})

describe.skipIf(!hasRedis)('promhive doctor --redis', () => {
  test('finds nothing wrong with a healthy service, and changes nothing', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage, { args: ['--appendonly', 'yes'] })
    await count(stage, server.url)
    const before = await server.ask('KEYS', '*')
    const { code, output } = await promhive(stage, ['doctor', '--json', '--redis', server.url, '--prefix', 'shop'])
    const findings = JSON.parse(output) as { state: string; topic: string; text: string }[]
    expect(findings.filter(({ state, topic }) => state !== 'ok' && topic !== 'packages')).toEqual([])
    expect(code).toBe(0)
    const texts = Object.fromEntries(findings.map(({ topic, text }) => [topic, text]))
    expect(texts).toMatchObject({
      redis: `${server.url} shop`,
      persistence: 'append-only file',
      writers: '1 alive, 0 dead',
      memory: expect.stringMatching(/^[\d.]+ MiB used of no limit, policy noeviction$/),
      server: expect.stringMatching(/^Redis [\d.]+, master, 0 replicas, up \d+ s$/),
      latency: expect.stringMatching(/^[\d.]+ ms for a round trip/),
      size: expect.stringMatching(/^[\d.]+ MiB under the prefix, \d+ bytes per series and process$/),
      rights: expect.stringMatching(/^all \d+ commands that promhive needs$/),
      scrape: expect.stringMatching(/^1 series in \d+ ms$/),
    })
    expect(new Set((await server.ask('KEYS', '*')) as string[])).toEqual(new Set(before as string[]))
  })

  test('names each right that a user lacks, and none where docs/redis.md was followed', { timeout }, async ({
    stage,
  }) => {
    const server = await RedisServer.start(stage)
    const line = /^ACL SETUSER metrics .*$/m.exec(readFileSync(join(root, 'docs', 'redis.md'), 'utf8'))![0]
    await server.ask(...line.split(' '))
    const url = `redis://metrics:secret@127.0.0.1:${server.port}`
    expect((await examine(url)).wrong).not.toHaveProperty('rights')
    await server.ask('ACL', 'SETUSER', 'metrics', '-zadd', '-setrange')
    const lacks = await examine(url)
    expect(lacks.texts.rights).toBe('the user may not run zadd, setrange')
    expect(lacks.wrong.rights).toBe('fail: ACL SETUSER … +zadd +setrange')
    await server.ask('ACL', 'SETUSER', 'metrics', '+zadd', '+setrange', '-del')
    expect((await examine(url)).texts.rights).toBe('the user may not run del; commands that write were not tried')
    await server.ask('ACL', 'SETUSER', 'metrics', '+del')
    const other = await examine(url, 'till')
    expect(other.wrong.rights).toBe('fail: ACL SETUSER … ~{till}*')
    expect(other.findings.map(({ text }) => text).join()).not.toContain('secret')
    expect(await server.ask('DBSIZE')).toBe(0)
  })

  test('names a wrong prefix, eviction, a full server, a stranger and missing persistence', {
    timeout,
  }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    await count(stage, server.url)
    const { texts, wrong } = await examine(server.url, 'shopp')
    expect(texts.writers).toBe('nothing counts under shopp; this server has {shop}')
    expect(wrong.persistence).toMatch(/^warn: appendonly yes/)
    await server.ask('HSET', '{shop}:ledgers', 'stranger', 'hello')
    expect((await examine(server.url)).texts.entries).toBe('1 entries cannot be read, and are skipped')
    await server.ask('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru')
    expect((await examine(server.url)).wrong.memory).toMatch(/^fail: CONFIG SET maxmemory-policy noeviction/)
    await server.ask('CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction')
    const full = await examine(server.url)
    expect(full.texts.writing).toMatch(/^OOM /)
    expect(full.wrong.writing).toMatch(/^fail: the server is full/)
  })

  test('reports a replica, and the fault of a connection', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const replica = await RedisServer.start(stage, { args: ['--replicaof', '127.0.0.1', String(server.port)] })
    expect((await examine(replica.url)).wrong.server).toMatch(/^fail: a replica takes no counts/)
    const advice = async (url: string) => (await examine(url)).wrong.redis
    expect(await advice(`redis://127.0.0.1:${await freePort()}`)).toMatch(/no server listens there/)
    expect(await advice(`redis://metrics:wrong@127.0.0.1:${server.port}`)).toMatch(/user or the password is wrong/)
    expect(await advice('redis://no-such-host.invalid')).toMatch(/name of the host is unknown/)
  })
})
