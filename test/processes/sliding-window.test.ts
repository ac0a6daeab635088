import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

const long = { maxAgeSeconds: 600, ageBuckets: 5 }
const short = { maxAgeSeconds: 2, ageBuckets: 4 }

/** Numbers from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

async function scrapeOf(actor: Actor): Promise<Exposition> {
  return new Exposition(await actor.ask('scrape'))
}

/** Expects a quantile within 2 % of the exact one. */
function expectQuantile(scrape: Exposition, name: string, quantile: number, expected: number): void {
  const shown = scrape.value(`${name}{quantile="${quantile}"}`)!
  expect(Math.abs(shown - expected) / expected, `${quantile} of ${name} is ${shown}`).toBeLessThanOrEqual(0.02)
}

describe.each(sharedBackends)('$backend: a summary with a sliding window', ({ env }) => {
  test('is one over all processes, those that were killed and successors included', async ({ stage }) => {
    const start = () => stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory, ...env } })
    const directory = stage.directory()
    const [a, b, c, reader] = await Promise.all([start(), start(), start(), start()])
    // Quantiles of 1 to 1000, of which each process has a third.
    await a.ask('summarize', 'lately', long, range(1, 333))
    await b.ask('summarize', 'lately', long, range(334, 666))
    await c.ask('summarize', 'lately', long, range(667, 1000))
    const counted = await until(
      () => scrapeOf(reader),
      (scrape) => scrape.value('lately_count') === 1000,
    )
    await Promise.all([a.kill(), c.kill('SIGTERM')])
    const scrape = await scrapeOf(reader)
    expect(scrape.text).toBe(counted.text)
    expectQuantile(scrape, 'lately', 0.5, 500)
    expectQuantile(scrape, 'lately', 0.99, 990)
    expect(scrape.value('lately_sum')).toBe(500_500)
    // The next process continues on the files of a killed one.
    const next = await start()
    await next.ask('summarize', 'lately', long, range(1001, 3000))
    const more = await until(
      () => scrapeOf(reader),
      (seen) => seen.value('lately_count') === 3000,
    )
    expectQuantile(more, 'lately', 0.5, 1500)
    expectQuantile(more, 'lately', 0.99, 2970)
    expect(more.value('lately_sum')).toBe(4_501_500)
    expect(await reader.ask('faults')).toEqual([])
  })

  test('ages while its processes are idle, and after one was killed', async ({ stage }) => {
    const directory = stage.directory()
    const start = () => stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory, ...env } })
    const [idle, killed, reader] = await Promise.all([start(), start(), start()])
    await idle.ask('summarize', 'lately', short, [1, 1, 1])
    await killed.ask('summarize', 'lately', short, [1, 1, 1])
    await until(
      () => scrapeOf(reader),
      (seen) => seen.value('lately_count') === 6,
    )
    await killed.kill()
    await pause(2_000)
    const aged = await scrapeOf(reader)
    expect(aged.value('lately{quantile="0.5"}')).toBeNaN()
    expect([aged.value('lately_sum'), aged.value('lately_count')]).toEqual([6, 6])
    const again = await until(
      async () => {
        await idle.ask('summarize', 'lately', short, [50])
        return scrapeOf(reader)
      },
      (seen) => !Number.isNaN(seen.value('lately{quantile="0.5"}')),
    )
    expectQuantile(again, 'lately', 0.5, 50)
    expect(again.value('lately_sum')).toBe(6 + 50 * (again.value('lately_count')! - 6))
  })
})

test('a summary with a sliding window is read with its sum and quantiles of one moment', async ({ stage }) => {
  const directory = stage.directory()
  const start = () => stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
  const [writer, reader] = await Promise.all([start(), start()])
  // So short that buckets begin again all the time.
  const options = { maxAgeSeconds: 0.02, ageBuckets: 4 }
  const ended = writer.ask('summarizeFor', 1_500, 'lately', options)
  await until(
    () => scrapeOf(reader),
    (seen) => (seen.value('lately_count') ?? 0) > 0,
  )
  for (let i = 0; i < 100; i++) {
    const scrape = await scrapeOf(reader)
    // It observes 2, whatever the window shows.
    expect(scrape.value('lately_sum')).toBe(2 * scrape.value('lately_count')!)
    const median = scrape.value('lately{quantile="0.5"}')!
    if (!Number.isNaN(median)) expectQuantile(scrape, 'lately', 0.5, 2)
  }
  expect((await scrapeOf(reader)).value('lately_count')).toBeGreaterThan(0)
  const count = await ended
  expect((await scrapeOf(reader)).value('lately_count')).toBe(count)
})
