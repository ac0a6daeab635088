import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { overClient } from '../../src/store/redis/clients.js'
import { flush } from '../../src/store/redis/flush-script.js'
import { settingsOf } from '../../src/store/redis/options.js'
import { overUrl } from '../../src/store/redis/own-connection.js'
import { sendPiece } from '../../src/store/redis/piece-script.js'
import { RedisBackend } from '../../src/store/redis/redis-backend.js'
import type { ScriptConnection } from '../../src/store/redis/script.js'
import { Participant } from '../../src/testing/conformance.js'
import { counterOf } from '../../src/testing/counted.js'
import { counterFamily } from '../../src/testing/families.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { LossyProxy } from '../helpers/redis/lossy-proxy.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const jobs = counterFamily('jobs_total')
const options = { flushInterval: 600, deadAfter: 1800 }
/** Series of one change, with long names: four pieces, and the call that takes them. */
const many = 280
const long = 'x'.repeat(4000)
const timeout = 120_000

type Fault = (run: () => ReturnType<ScriptConnection['run']>, world: World) => ReturnType<ScriptConnection['run']>

interface World {
  readonly server: RedisServer
  readonly writer: string
  readonly stage: Stage
}

const faults: Record<string, Fault> = {
  'loses its answer': async (run) => {
    await run()
    throw new Error('lost')
  },
  'does not arrive': async () => {
    throw new Error('cut')
  },
  'meets an empty Redis': async (run, { server }) => {
    await server.ask('FLUSHALL')
    return run()
  },
  'meets a Redis without its scripts': async (run, { server }) => {
    await server.ask('SCRIPT', 'FLUSH')
    return run()
  },
  'finds those before it gone': async (run, { server, writer }) => {
    await server.ask('DEL', `{promhive}:${writer}:pending`)
    return run()
  },
  'finds its ledger gone': async (run, { server, writer }) => {
    await server.ask('DEL', `{promhive}:${writer}:values`)
    return run()
  },
  'finds its writer among the totals': async (run, { server, writer, stage }) => {
    await server.ask('ZADD', '{promhive}:beats', '1', writer)
    await until(
      async () => {
        await participant(stage, server).backend.close!()
        return (await server.ask('HEXISTS', '{promhive}:folded', writer)) as number
      },
      (folded) => folded === 1,
    )
    return run()
  },
}

describe.skipIf(!hasRedis)('a change in pieces is counted once where one of them', () => {
  test.for(Object.entries(faults))('%s', { timeout }, async ([, fault], { stage }) => {
    const server = await RedisServer.start(stage)
    for (const step of [2, 5]) {
      await server.ask('FLUSHALL')
      const one = new Faulty(stage, server)
      one.count('before', 10)
      await one.flushed()
      one.open('many')
      one.failAt(step, fault)
      await one.backend.flush()
      expect(one.failed).toBe(true)
      // Never a part of it.
      const reader = participant(stage, server)
      expect([0, 10, 10 + many]).toContain((await reader.read()).total('jobs_total'))
      await one.flushed()
      one.count('after', 1)
      await one.flushed()
      expect((await reader.read()).total('jobs_total')).toBe(10 + many + 1)
      expect(await server.ask('EXISTS', `{promhive}:${one.writer}:pending`)).toBe(0)
      await one.end()
    }
  })
})

describe.skipIf(!hasRedis)('a change in pieces', () => {
  test('whose writer is killed before it is complete leaves the acknowledged values', { timeout }, async ({
    stage,
  }) => {
    const server = await RedisServer.start(stage)
    const one = new Faulty(stage, server)
    one.count('before', 10)
    await one.flushed()
    one.open('lost')
    one.failAt(3, faults['does not arrive']!, true)
    await one.backend.flush()
    const pending = `{promhive}:${one.writer}:pending`
    expect(await server.ask('LLEN', pending)).toBe(3)
    // It goes by itself.
    expect(await server.ask('PTTL', pending)).toBeGreaterThan(0)
    await server.ask('ZADD', '{promhive}:beats', '1', one.writer)
    await participant(stage, server).backend.close!()
    const reader = participant(stage, server)
    expect((await reader.read()).total('jobs_total')).toBe(10)
  })

  test('continues with a replica that took over in between', { timeout }, async ({ stage }) => {
    const master = await RedisServer.start(stage, { args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await RedisServer.start(stage, { args: ['--replicaof', `127.0.0.1 ${master.port}`] })
    await until(
      () => replica.ask('INFO', 'replication'),
      (info) => /master_link_status:up/.test(String(info)),
    )
    const proxy = await LossyProxy.start(stage, master.port)
    const one = new Faulty(stage, proxy)
    one.count('before', 10)
    await one.flushed()
    await until(
      () => replica.ask('HLEN', '{promhive}:ledgers'),
      (length) => length === 1,
    )
    one.open('many')
    one.failAt(3, async (run) => {
      // It lacks the piece before this one.
      await replica.ask('REPLICAOF', 'NO', 'ONE')
      await replica.ask('RPOP', `{promhive}:${one.writer}:pending`)
      proxy.forwardTo(replica.port)
      return run()
    })
    await one.flushed()
    expect(one.failed).toBe(true)
    expect((await participant(stage, replica).read()).total('jobs_total')).toBe(10 + many)
  })
})

describe.skipIf(!hasRedis)('a slow line', () => {
  test('delivers in one flush what takes longer than a time limit', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const proxy = await LossyProxy.start(stage, server.port)
    const settings = settingsOf({ ...options, connectTimeout: 2, commandTimeout: 2 })
    const connection = overUrl({ url: proxy.url }, { connect: 2_000, command: 2_000 })
    const backend = new RedisBackend(settings, connection)
    const one = new Participant(backend)
    stage.after(() => one.end())
    counterOf(one, jobs, JSON.stringify(['before'])).inc(1)
    await until(() => backend.flush(), Boolean)
    for (let i = 0; i < 1000; i++) counterOf(one, jobs, JSON.stringify([`${i} ${long}`])).inc(1)
    proxy.slow(1_000_000)
    const began = performance.now()
    expect(await backend.flush()).toBe(true)
    expect(performance.now() - began).toBeGreaterThan(2_000)
    expect((await participant(stage, server).read()).total('jobs_total')).toBe(1001)
  })
})

/** A writer with a fault on its way to Redis. */
class Faulty {
  readonly backend: RedisBackend
  failed = false
  private countdown = 0
  private fault: Fault | undefined
  private forGood = false
  private readonly participant: Participant

  constructor(stage: Stage, server: RedisServer | LossyProxy) {
    const connection = connectionTo(stage, server)
    const run: ScriptConnection['run'] = async (...call) => {
      const flushes = call[0] === flush || call[0] === sendPiece
      if (flushes && this.fault !== undefined && --this.countdown <= 0) {
        const { fault } = this
        if (!this.forGood) this.fault = undefined
        this.failed = true
        return fault(() => connection.run(...call), { server: server as RedisServer, writer: this.writer, stage })
      }
      return connection.run(...call)
    }
    this.backend = new RedisBackend(settingsOf(options), { run, close: () => connection.close() })
    this.participant = new Participant(this.backend)
    stage.after(() => this.participant.end())
  }

  get writer(): string {
    return this.participant.store.writer
  }

  count(text: string, times: number): void {
    counterOf(this.participant, jobs, JSON.stringify([text])).inc(times)
  }

  open(name: string): void {
    for (let i = 0; i < many; i++) this.count(`${name}, series ${i}, ${long}`, 1)
  }

  failAt(step: number, fault: Fault, forGood = false): void {
    this.failed = false
    this.countdown = step
    this.fault = fault
    this.forGood = forGood
  }

  /** Without a farewell. */
  async end(): Promise<void> {
    this.failAt(1, faults['does not arrive']!, true)
    await this.backend.close()
  }

  async flushed(): Promise<void> {
    await until(() => this.backend.flush(), Boolean)
  }
}

function connectionTo(stage: Stage, { url }: { readonly url: string }): ScriptConnection {
  const client = new Redis(url, { retryStrategy: () => 20 })
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  return overClient(client)
}

function participant(stage: Stage, server: RedisServer): Participant {
  const made = new Participant(new RedisBackend(settingsOf(options), connectionTo(stage, server)))
  stage.after(() => made.end())
  return made
}
