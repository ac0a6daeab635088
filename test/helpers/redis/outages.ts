import { join } from 'node:path'
import { expect } from 'vitest'
import type { Actor } from '../processes/actor.js'
import { Exposition, tornHistograms, wentBack } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { pause, until } from '../processes/until.js'
import { RedisServer } from './redis-server.js'
import { tallyOf } from './tally.js'

const kinds = ['redis', 'ioredis', 'url']

export interface OutageRounds {
  readonly rounds: number
  readonly writers: number
  /** Milliseconds that Redis is away in each round in which it is killed. */
  readonly away: number
}

/**
 * Writers count all the time; in each round Redis, a writer or both are killed in the middle of it. At the end the sum
 * is at least the acknowledged and at most the attempted counts, and no scrape of one process ever decreased.
 */
export async function outageRounds(stage: Stage, { rounds, writers, away }: OutageRounds): Promise<void> {
  // Acknowledged writes are in the file: with `everysec` a write may wait in the memory of Redis while a sync runs.
  const server = await RedisServer.start(stage, { args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const folder = stage.folder()
  const files: string[] = []
  const options = JSON.stringify({ flushInterval: 0.1, deadAfter: 0.8 })
  const start = async (): Promise<Actor> => {
    const actor = await stage.start('redis-actor.mjs', {
      args: [kinds[files.length % kinds.length]!, server.url, options],
    })
    const file = join(folder, String(files.length))
    files.push(file)
    await actor.ask('keepCounting', file, {})
    return actor
  }
  const counting = await Promise.all(Array.from({ length: writers }, start))
  const reader = await stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
  let before = new Exposition(await reader.ask('scrape'))
  const look = async (): Promise<void> => {
    const after = new Exposition(await reader.ask('scrape'))
    expect([...wentBack(before, after), ...tornHistograms(after)]).toEqual([])
    before = after
  }
  for (let round = 0; round < rounds; round++) {
    await pause(50 + Math.random() * 150)
    await look()
    if (round % 3 !== 0) {
      const victim = Math.floor(Math.random() * counting.length)
      await counting[victim]!.kill()
      counting.splice(victim, 1)
    }
    if (round % 3 !== 1) {
      await server.kill()
      await look()
      await pause(away)
      await server.launch()
    }
    if (counting.length < writers) counting.push(await start())
    await look()
  }
  // A living process sends the rest, and reports how much there is.
  for (const actor of counting) await until(() => actor.ask('pauseCounting'), Boolean)
  const { attempted, acknowledged } = tallyOf(files)
  const sum = new Exposition(
    await until(
      () => reader.ask<string>('scrape'),
      (text) => text.includes('backend_up 1'),
    ),
  )
  await look()
  expect(acknowledged).toBeGreaterThan(0)
  expect(sum.value('jobs_total')).toBeGreaterThanOrEqual(acknowledged)
  expect(sum.value('jobs_total')).toBeLessThanOrEqual(attempted)
  // What a killed process lost it had not sent: no more than it counted in one interval, and each was killed once.
  const ledgers = (await server.ask('HKEYS', '{promhive}:ledgers')) as string[]
  expect(ledgers.length).toBeLessThanOrEqual(2 * writers + 3)
}
