import { Keys } from '../../../src/store/redis/keys.js'
import type { Actor } from '../processes/actor.js'
import { Exposition } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import type { RedisServer } from './redis-server.js'

/** Long time limits: a scrape that is late on a busy machine shows earlier values. */
const patient = { flushInterval: 0.2, deadAfter: 30, commandTimeout: 30, scrapeTimeout: 30 }

/** The keys of the shards of a service. */
export function keysOfShards(count: number, keyPrefix = 'promhive'): readonly Keys[] {
  return Array.from({ length: count }, (_, shard) => new Keys(keyPrefix, shard))
}

/** The names of all ledgers of each shard. */
export async function ledgersOf(
  server: RedisServer,
  count: number,
  keyPrefix = 'promhive',
): Promise<readonly string[][]> {
  return Promise.all(
    keysOfShards(count, keyPrefix).map(({ ledgers }) => server.ask('HKEYS', ledgers) as Promise<string[]>),
  )
}

/** How many writers have a ledger. */
export async function writersIn(server: RedisServer, shards: number): Promise<number> {
  return (await ledgersOf(server, shards)).flat().filter((id) => id.includes('~')).length
}

/** A process that counts in a service. */
export function startWriter(stage: Stage, url: string, options: object, env: Readonly<Record<string, string>> = {}) {
  const args = ['url', url, JSON.stringify({ ...patient, ...options })]
  return stage.start('redis-actor.mjs', { args, env })
}

/** A process with so many writers that each of the shards has one, and how many they are. */
export async function startWriters(
  stage: Stage,
  server: RedisServer,
  {
    shards,
    keyPrefix,
    ...more
  }: { readonly shards: number; readonly keyPrefix?: string; readonly [option: string]: unknown },
): Promise<{ readonly actor: Actor; readonly count: number }> {
  const options = JSON.stringify({ ...patient, ...more, keyPrefix, shards })
  const actor = await stage.start('redis-writers.mjs', { args: [server.url, options, '6'] })
  for (let count = 6; ; count++) {
    await until(
      () => actor.ask<boolean[]>('flushEach'),
      (flushed) => flushed.every(Boolean),
    )
    const ledgers = await ledgersOf(server, shards, keyPrefix)
    const names = await actor.ask<string[]>('names')
    if (ledgers.every((ids) => ids.some((id) => names.includes(id)))) return { actor, count }
    await actor.ask('add')
  }
}

/** A scrape that is so, sooner or later. */
export function scrapeUntil(actor: Actor, is: (seen: Exposition) => boolean): Promise<Exposition> {
  return until(async () => new Exposition(await actor.ask('scrape')), is, 40_000)
}
