import { describe, expect } from 'vitest'
import { Exposition, tornHistograms, wentBack } from '../helpers/processes/exposition.js'
import { Reader, readDirectory } from '../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const seconds = 60

describe.each(sharedBackends)('$backend: a minute of counting on more processes than processors', ({ env }) => {
  test('shows no half of an observation and nothing that goes back', async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const writers = await Promise.all([1, 2, 3, 4].map(() => stage.start('actor.mjs', options)))
    const colleague = await stage.start('actor.mjs', options)
    let over = false
    const observed = Promise.all(
      writers.map((writer) => writer.ask<number>('observeMany', seconds * 1000, 20_000)),
    ).finally(() => {
      over = true
    })
    observed.catch(() => {})
    const outside = new Reader(directory)
    let before = await outside.scrape()
    let theirs = new Exposition(await colleague.ask<string>('scrape'))
    for (let turn = 0; !over; turn++) {
      const scrape = await outside.scrape()
      expect(tornHistograms(scrape).slice(0, 5)).toEqual([])
      expect(wentBack(before, scrape).slice(0, 5)).toEqual([])
      before = scrape
      if (turn % 10 === 0) {
        const next = new Exposition(await colleague.ask<string>('scrape'))
        expect(tornHistograms(next).slice(0, 5)).toEqual([])
        expect(wentBack(theirs, next).slice(0, 5)).toEqual([])
        theirs = next
      }
    }
    const counted = (await observed).reduce((sum, rounds) => sum + rounds * 20_000, 0)
    await until(
      async () => (await readDirectory(directory)).scrape.total('many_seconds_count'),
      (count) => count === counted,
    )
  })

  test('shows no series with the value of another, while they come and go', async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const writers = await Promise.all([1, 2].map(() => stage.start('actor.mjs', options)))
    const busy = await keepBusy(stage)
    let over = false
    const churned = Promise.all(writers.map((writer, i) => writer.ask('churn', seconds * 1000, 20, `w${i}_`))).finally(
      () => {
        over = true
      },
    )
    churned.catch(() => {})
    const outside = new Reader(directory)
    while (!over) {
      const { scrape, errors } = await outside.read()
      expect(errors).toEqual([])
      for (const [sample, value] of scrape.samples) {
        const id = /^churn_total\{id="w\d_(\d+)"\}$/.exec(sample)?.[1]
        if (id !== undefined && value !== 0) expect(value, sample).toBe(Number(id) * 1000 + 7)
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    await churned
    await Promise.all(busy.map((actor) => actor.kill()))
  })
})

/** Processes that only take time away from the others. */
async function keepBusy(stage: Stage) {
  const actors = await Promise.all([1, 2].map(() => stage.start('actor.mjs')))
  for (const actor of actors) actor.ask('block', (seconds + 30) * 1000).catch(() => {})
  return actors
}
