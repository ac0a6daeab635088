import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { controlName, seriesName, valuesName } from '../../src/store/shared/format.js'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

// Most of these wait: a writer that is not asked looks for its directory every ten seconds.
vi.setConfig({ maxConcurrency: 12 })

describe.concurrent.each(sharedBackends)('$backend: a damaged directory of living writers', ({ env }) => {
  const meddling: readonly [string, (directory: string) => void][] = [
    ['is removed', (directory) => rmSync(directory, { recursive: true })],
    [
      'is removed and made again, empty',
      (directory) => {
        rmSync(directory, { recursive: true })
        mkdirSync(directory)
      },
    ],
    ['is moved away', (directory) => renameSync(directory, `${directory}-elsewhere`)],
    ['loses its control file', (directory) => rmSync(join(directory, controlName))],
    [
      'has its control file replaced by another',
      (directory) => {
        rmSync(join(directory, controlName))
        writeFileSync(join(directory, controlName), '')
      },
    ],
    [
      'loses every values file',
      (directory) => {
        for (const seat of [1, 2]) rmSync(join(directory, valuesName(seat)))
      },
    ],
  ]

  test.for(meddling)(
    'a directory that %s is filled again with all that was counted',
    { timeout },
    async ([, meddle], { stage }) => {
      const { directory, first, second } = await twoWriters(stage)
      meddle(directory)
      await first.ask('count', 'jobs_total', { who: 'first' }, 11)
      await second.ask('count', 'jobs_total', { who: 'second' }, 22)
      // The process that answers checks first, so its own counts are there at once.
      const own = new Exposition(await first.ask<string>('scrape'))
      expect(own.value('jobs_total{who="first"}')).toBe(111)
      expect(own.value('duration_seconds_count')).toBe(5)
      const both = new Exposition(await second.ask<string>('scrape'))
      expect(both.labelled('jobs_total')).toEqual({ 'who="first"': 111, 'who="second"': 222 })
      expect(both.value('duration_seconds_sum')).toBe(5)
      expect(Object.values(both.labelled('level')).sort()).toEqual([1, 2])

      await first.ask('count', 'jobs_total', { who: 'first' }, 1)
      await second.ask('count', 'jobs_total', { who: 'second' }, 1)
      await second.ask('count', 'later_total', {}, 3)
      const seen = await until(
        async () => (await readDirectory(directory)).scrape,
        (scrape) => scrape.total('jobs_total') === 335 && scrape.value('later_total') === 3,
      )
      expect(seen.value('duration_seconds_count')).toBe(5)
      expect(await faultCodes(first, second)).toEqual([])
    },
  )

  test('a writer that is never scraped checks its directory by itself', { timeout }, async ({ stage }) => {
    const { directory, second } = await twoWriters(stage)
    rmSync(directory, { recursive: true })
    await second.ask('count', 'jobs_total', { who: 'second' }, 22)
    const seen = await until(
      async () => (await readDirectory(directory)).scrape,
      // A process moves one series after the other: the gauges come last.
      (scrape) =>
        scrape.value('jobs_total{who="first"}') === 100 &&
        scrape.value('jobs_total{who="second"}') === 222 &&
        scrape.value('duration_seconds_count') === 5 &&
        Object.keys(scrape.labelled('level')).length === 2,
    )
    expect(Object.values(seen.labelled('level')).sort()).toEqual([1, 2])
  })

  test('a gauge of a dead process is not shown again when its seat is carried elsewhere', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const keeper = await stage.start('actor.mjs', options)
    await keeper.ask('count', 'jobs_total', { who: 'keeper' })
    const dying = await stage.start('actor.mjs', options)
    for (const mode of ['livesum', 'liveall', 'livemostrecent', 'livemax', 'livemin']) {
      await dying.ask('setGauge', `level_${mode}`, mode, 5)
    }
    await dying.ask('count', 'jobs_total', { who: 'dying' }, 10)
    await until(
      () => readDirectory(directory),
      ({ scrape }) => scrape.total('jobs_total') === 11 && scrape.value('level_livemin') === 5,
    )
    await dying.kill()
    const heir = await stage.start('actor.mjs', options)
    await heir.ask('count', 'jobs_total', { who: 'heir' })
    const before = new Exposition(await heir.ask<string>('scrape'))
    expect(levels(before)).toEqual([])
    rmSync(directory, { recursive: true })
    const after = new Exposition(await heir.ask<string>('scrape'))
    // The keeper comes back as well, whenever it next looks.
    expect(after.labelled('jobs_total')).toMatchObject({ 'who="dying"': 10, 'who="heir"': 1 })
    expect(levels(after)).toEqual([])
  })

  test('a process keeps counting while there is no way to have a directory, and is in it when there is one', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const writer = await stage.start('actor.mjs', options)
    await writer.ask('count', 'jobs_total', { who: 'writer' }, 100)
    rmSync(directory, { recursive: true })
    writeFileSync(directory, 'in the way')

    // It has never read the counts of the others there, and refuses. Its own counts of that time are not lost.
    const refused = { code: 'SCRAPE_INCOMPLETE' }
    await expect(writer.ask('scrape')).rejects.toMatchObject(refused)
    await writer.ask('count', 'jobs_total', { who: 'writer' }, 10)
    await writer.ask('count', 'new_total', {}, 1)
    await expect(writer.ask('scrape')).rejects.toMatchObject(refused)
    expect(await faultCodes(writer)).toContain('DIRECTORY_UNUSABLE')

    rmSync(directory)
    const seen = await until(
      async () => (await readDirectory(directory)).scrape,
      (scrape) => scrape.value('jobs_total{who="writer"}') === 110 && scrape.value('new_total') === 1,
    )
    expect(seen.total('jobs_total')).toBe(110)
    expect(writer.running).toBe(true)
  })

  test('a process that is never scraped survives the same', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const writer = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    await writer.ask('count', 'jobs_total', {}, 100)
    rmSync(directory, { recursive: true })
    writeFileSync(directory, 'in the way')
    // It checks after ten seconds, and reports the fault.
    await until(
      () => faultCodes(writer),
      (codes) => codes.includes('DIRECTORY_UNUSABLE'),
    )
    expect(writer.running, writer.errors).toBe(true)
    await writer.ask('count', 'jobs_total', {}, 1)
    rmSync(directory)
    await until(
      async () => (await readDirectory(directory)).scrape,
      (scrape) => scrape.value('jobs_total') === 101,
    )
  })

  test('a seat that lost its names is reported, the others are exact, and its writer takes another', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const first = await stage.start('actor.mjs', options)
    const second = await stage.start('actor.mjs', options)
    await first.ask('count', 'jobs_total', { who: 'first' }, 100)
    await second.ask('count', 'jobs_total', { who: 'second' }, 200)
    await until(
      async () => (await readDirectory(directory)).scrape,
      (scrape) => scrape.total('jobs_total') === 300,
    )
    // Its writer would put it right as soon as it looks.
    first.child.kill('SIGSTOP')
    rmSync(join(directory, seriesName(1)))
    const { scrape, errors } = await readDirectory(directory)
    expect(scrape.labelled('jobs_total')).toEqual({ 'who="second"': 200 })
    expect(errors.map(({ code, reason }) => `${code} ${reason}`)).toEqual(['FILE_UNREADABLE enoent'])
    expect(filesIn(directory)).not.toContain(seriesName(1))

    first.child.kill('SIGCONT')
    await first.ask('scrape')
    const healed = await until(
      () => readDirectory(directory),
      (reading) => reading.scrape.total('jobs_total') === 300,
    )
    expect(healed.scrape.labelled('jobs_total')).toEqual({ 'who="first"': 100, 'who="second"': 200 })
    expect(healed.errors).toEqual([])
  })

  test('a seat whose file is cut off under its writer costs no scrape and no other seat', {
    timeout,
  }, async ({ stage }) => {
    const { directory, first, second } = await twoWriters(stage)
    await until(
      async () => (await readDirectory(directory)).scrape,
      (scrape) => scrape.total('jobs_total') === 300,
    )
    // A running writer replaces the file at its next flush, which may come before the file is read here.
    first.child.kill('SIGSTOP')
    for (const size of [4096, 100, 0]) {
      truncateSync(join(directory, valuesName(1)), size)
      const { scrape, errors } = await readDirectory(directory)
      expect(scrape.labelled('jobs_total')).toMatchObject({ 'who="second"': 200 })
      // A file that has its head has no numbers any more; without a head it is no file of ours.
      if (size < 4096) expect(errors.map(({ code }) => code)).toContain('FILE_UNREADABLE')
    }
    first.child.kill('SIGCONT')
    // The writer may die of it: the pages that it maps are gone (SIGBUS). In either case, the other one answers.
    await first.ask('count', 'jobs_total', { who: 'first' }, 1).catch(() => {})
    const answer = new Exposition(await second.ask('scrape'))
    expect(answer.labelled('jobs_total')).toMatchObject({ 'who="second"': 200 })
  })

  async function twoWriters(stage: Stage): Promise<{ directory: string; first: Actor; second: Actor }> {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const first = await stage.start('actor.mjs', options)
    const second = await stage.start('actor.mjs', options)
    await first.ask('count', 'jobs_total', { who: 'first' }, 100)
    await first.ask('observe', 'duration_seconds', {}, 5)
    await first.ask('setGauge', 'level', 'liveall', 1)
    await second.ask('count', 'jobs_total', { who: 'second' }, 200)
    await second.ask('setGauge', 'level', 'liveall', 2)
    return { directory, first, second }
  }
})

function levels({ samples }: Exposition): string[] {
  return [...samples.keys()].filter((sample) => sample.startsWith('level_'))
}

async function faultCodes(...actors: Actor[]): Promise<string[]> {
  const told = await Promise.all(actors.map((actor) => actor.ask<{ code: string }[]>('faults')))
  return [...new Set(told.flat().map(({ code }) => code))]
}
