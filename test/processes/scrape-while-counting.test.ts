import { describe, expect } from 'vitest'
import { Exposition, tornHistograms, wentBack } from '../helpers/processes/exposition.js'
import { filesIn, Reader } from '../helpers/processes/reading.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

const timeout = 240_000
const processes = 4
const increments = 100
const scrapes = 100
/** A run proves nothing if all its scrapes come before or after the counting: it continues until they show this many totals. */
const steps = 6

describe.each(sharedBackends)('$backend: scrapes while four processes count', ({ backend, env }) => {
  test('show counters that never go back, histograms that agree with themselves, and in the end every increment', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const writers = await Promise.all(Array.from({ length: processes }, () => stage.start('actor.mjs', options)))
    const colleague = await stage.start('actor.mjs', options)

    const outside = new Reader(directory)
    const ours: Exposition[] = []
    const theirs: Exposition[] = []
    const counting: Promise<unknown>[] = []
    let turns = 0
    for (; turns < scrapes || !stepwise(ours) || !stepwise(theirs); turns++) {
      for (const [i, writer] of writers.entries()) {
        counting.push(writer.ask('countBoth', increments, { worker_name: `w${i}`, side: 'own' }))
        counting.push(writer.ask('count', 'shared_total', { side: 'all' }, increments))
      }
      const [mine, colleagues] = await Promise.all([outside.scrape(), colleague.ask<string>('scrape'), pause(2)])
      ours.push(mine)
      theirs.push(new Exposition(colleagues))
    }
    await Promise.all(counting)

    for (const series of [ours, theirs]) {
      series.forEach((scrape, i) => {
        expect(tornHistograms(scrape)).toEqual([])
        if (i > 0) expect(wentBack(series[i - 1]!, scrape)).toEqual([])
      })
    }
    const each = turns * increments
    const last = await until(
      () => outside.scrape(),
      (scrape) =>
        scrape.total('jobs_total') === processes * each &&
        scrape.total('duration_seconds_count') === processes * each &&
        scrape.total('shared_total') === processes * each,
    )
    for (let i = 0; i < processes; i++) {
      const labels = `{side="own",worker_name="w${i}"}`
      expect(last.value(`jobs_total${labels}`)).toBe(each)
      expect(last.value(`duration_seconds_sum${labels}`)).toBe(each)
      expect(last.value(`duration_seconds_count${labels}`)).toBe(each)
    }
    expect(last.value('shared_total{side="all"}')).toBe(processes * each)
    expect(last.text).toBe(new Exposition(await colleague.ask('scrape')).text)
    // Without locks, a process that only answers must take a seat as well, so that others know that it is there.
    const seats = filesIn(directory).filter((name) => name.endsWith('.values'))
    expect(seats).toHaveLength(backend === 'mmap' ? processes : processes + 1)
  })

  test('never show half of an observation, in whichever of thousands of records', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const writer = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    // Records across the pages of the file, and across the pieces in which it is written and read.
    await writer.ask('observeMany', 1, 4_000)
    const outside = new Reader(directory)
    let before = await outside.scrape()
    let moved = 0
    let over = false
    const observe = async (): Promise<void> => {
      // If it was observed between two scrapes, no scrape has checked it: observe once more.
      while (moved === 0) await writer.ask('observeMany', 2_500, 4_000)
    }
    const observed = observe().finally(() => {
      over = true
    })
    observed.catch(() => {})
    while (!over) {
      const scrape = await outside.scrape()
      expect(tornHistograms(scrape).slice(0, 5)).toEqual([])
      expect(wentBack(before, scrape).slice(0, 5)).toEqual([])
      if (scrape.total('many_seconds_count') > before.total('many_seconds_count')) moved++
      before = scrape
      await pause(1)
    }
    await observed
  })
})

function stepwise(series: readonly Exposition[]): boolean {
  return new Set(series.map((scrape) => scrape.total('jobs_total'))).size >= steps
}
