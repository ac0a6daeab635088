import { join } from 'node:path'
import { expect } from 'vitest'
import { Exposition, tornHistograms, wentBack } from '../processes/exposition.js'
import type { Stage } from '../processes/stage.js'
import { pause, until } from '../processes/until.js'
import { tallyOf } from './tally.js'

/** Servers of which one takes over from another. */
export interface FailingOver {
  /** The kinds of clients of the writers, and the ports that they are configured with. */
  readonly kinds: readonly string[]
  readonly ports: string
  /** More options of the backends. */
  readonly options?: object
  /** Resolves when another server has taken over, and might be taken over from in its turn. */
  failOver(round: number): Promise<void>
}

/**
 * Writers count all the time while one server after the other takes over. Replication is asynchronous, so a server that
 * takes over may lack acknowledged writes: living processes notice and send them again. At the end the sum is exactly
 * their counts, and no scrape of one process decreased.
 */
export async function failoverRounds(stage: Stage, service: FailingOver, rounds: number): Promise<number> {
  const folder = stage.folder()
  const options = JSON.stringify({ flushInterval: 0.1, deadAfter: 30, ...service.options })
  const start = (kind: string) => stage.start('redis-actor.mjs', { args: [kind, service.ports, options] })
  const writers = await Promise.all(service.kinds.map(start))
  const files = writers.map((_, i) => join(folder, String(i)))
  for (const [i, writer] of writers.entries()) await writer.ask('keepCounting', files[i], {})
  const reader = await start(service.kinds[0]!)
  let before = new Exposition(await reader.ask('scrape'))
  let watching = true
  const watched = (async () => {
    while (watching) {
      const after = new Exposition(await reader.ask('scrape'))
      expect([...wentBack(before, after), ...tornHistograms(after)]).toEqual([])
      before = after
      await pause(20)
    }
  })()
  const failingOver = (async () => {
    for (let round = 0; round < rounds; round++) {
      await service.failOver(round)
      await pause(Math.random() * 300)
    }
  })()
  try {
    await Promise.race([failingOver, watched])
  } finally {
    watching = false
  }
  await watched
  for (const writer of writers) await until(() => writer.ask('pauseCounting'), Boolean, 120_000)
  const { attempted, acknowledged } = tallyOf(files)
  expect(acknowledged).toBe(attempted)
  const sum = await until(
    async () => new Exposition(await reader.ask('scrape')),
    (seen) => seen.value('jobs_total')! >= attempted,
  )
  expect(sum.value('jobs_total')).toBe(attempted)
  expect(sum.value('duration_seconds_count')).toBe(attempted)
  expect(sum.value('duration_seconds_sum')).toBe(attempted)
  return attempted
}
