import { expect } from 'vitest'
import { seatOf } from '../../../src/store/shared/format.js'
import { filesIn, Reader } from './reading.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

export interface Churn {
  readonly env: Readonly<Record<string, string>>
  /** How many processes come and go, and how many of them at a time. */
  readonly processes: number
  readonly atATime: number
}

/** Processes that count a little and end in various ways, while one scrapes: every count stays, and seats do not accumulate. */
export async function churn(stage: Stage, { env, processes, atATime }: Churn): Promise<void> {
  const directory = stage.directory()
  const options = { env: { ...env, PROMHIVE_DIR: directory } }
  // A process that stays: without it, a moment without processes would end the run.
  const resident = await stage.start('actor.mjs', options)
  await resident.ask('count', 'lives_total', {}, 1)
  const reader = new Reader(directory)
  let begun = 0
  let highest = 0

  // One after the other: a scrape that began earlier may end later.
  let last: Promise<void> = Promise.resolve()
  const look = (): Promise<void> =>
    (last = last.then(async () => {
      const seen = (await reader.scrape()).value('lives_total') ?? 0
      expect(seen).toBeGreaterThanOrEqual(highest)
      highest = seen
    }))

  const lane = async (): Promise<void> => {
    while (begun < processes) {
      const number = begun++
      const actor = await stage.start('actor.mjs', options)
      await actor.ask('count', 'lives_total', {}, 1)
      await actor.ask('count', 'kinds_total', { kind: String(number % 3) }, 2)
      if (number % 2 === 0) {
        await actor.ask('exit').catch(() => {})
        await actor.ended
      } else {
        // A writer without the addon is visible after its next flush: counts before it are lost when it is killed, as documented.
        await until(
          () => actor.ask<string>('scrape'),
          (text) => text !== '',
        )
        await actor.kill('SIGKILL')
      }
      await look()
    }
  }
  await Promise.all(Array.from({ length: atATime }, lane))
  const { scrape, errors } = await until(
    () => reader.read(),
    (reading) => reading.scrape.value('lives_total') === processes + 1,
  )
  expect(scrape.value('lives_total')).toBe(processes + 1)
  expect(scrape.total('kinds_total')).toBe(2 * processes)
  expect(errors).toEqual([])
  expect(filesIn(directory).filter((name) => seatOf(name) !== undefined).length).toBeLessThanOrEqual(atATime + 1)
}
