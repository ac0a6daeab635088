import { Keys } from '../../../src/store/redis/keys.js'
import type { Actor } from '../processes/actor.js'
import { Exposition } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import type { RedisServer } from './redis-server.js'

/** The keys of the shards of a service. */
export function keysOfShards(count: number, keyPrefix = 'promhive'): readonly Keys[] {
  return Array.from({ length: count }, (_, shard) => new Keys(keyPrefix, shard))
}

/** The names of all ledgers of each shard. */
export async function ledgersOf(server: RedisServer, count: number, keyPrefix?: string): Promise<readonly string[][]> {
  const asked = keysOfShards(count, keyPrefix).map(({ ledgers }) => server.ask('HKEYS', ledgers) as Promise<string[]>)
  return Promise.all(asked)
}

/** A process that counts in a service. */
export function startWriter(stage: Stage, url: string, options: object, env: Readonly<Record<string, string>> = {}) {
  const args = ['url', url, JSON.stringify({ flushInterval: 0.2, deadAfter: 30, ...options })]
  return stage.start('redis-actor.mjs', { args, env })
}

/** Starts processes until each of the shards has a writer; at least `least` of them. */
export async function writersInAll(
  server: RedisServer,
  shards: number,
  least: number,
  start: () => Promise<Actor>,
): Promise<Actor[]> {
  const actors = await Promise.all(Array.from({ length: least }, start))
  for (;;) {
    for (const actor of actors) await actor.ask('flush')
    const ledgers = await ledgersOf(server, shards)
    if (ledgers.every((ids) => ids.some((id) => id.includes('~')))) return actors
    actors.push(await start())
  }
}

/** A scrape that is so, sooner or later. */
export function scrapeUntil(actor: Actor, is: (seen: Exposition) => boolean): Promise<Exposition> {
  return until(async () => new Exposition(await actor.ask('scrape')), is, 40_000)
}
