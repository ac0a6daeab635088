import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { valuesName } from '../../src/store/shared/format.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

describe.each(sharedBackends)('$backend: seats', ({ backend, env }) => {
  test('are free when their owner was killed, even if its children still run', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const keeper = await stage.start('actor.mjs', options)
    await keeper.ask('count', 'jobs_total', { who: 'keeper' })
    const parent = await stage.start('actor.mjs', options)
    await parent.ask('count', 'jobs_total', { who: 'parent' }, 5)
    await parent.ask('setGauge', 'level', 'livesum', 3)
    await until(
      () => readDirectory(directory),
      ({ scrape }) => scrape.value('level') === 3,
    )
    const sleeper = await parent.ask<number>('spawnDetached', 'sleep', ['600'])
    stage.after(() => {
      process.kill(sleeper, 'SIGKILL')
    })
    await parent.kill()
    expect(() => process.kill(sleeper, 0)).not.toThrow()
    expect((await readDirectory(directory)).scrape.value('level')).toBeUndefined()

    const heir = await stage.start('actor.mjs', options)
    await heir.ask('count', 'jobs_total', { who: 'heir' }, 7)
    const { scrape, writers } = await until(
      () => readDirectory(directory),
      (reading) => reading.scrape.total('jobs_total') === 13,
    )
    expect(writers.map(({ seat, live, epoch }) => [seat, live, epoch])).toEqual([
      [1, true, 1],
      [2, true, 2],
    ])
    expect(scrape.labelled('jobs_total')).toEqual({ 'who="heir"': 7, 'who="keeper"': 1, 'who="parent"': 5 })
  })

  test('with damaged files are renamed, and a process that comes at that moment loses no names', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const keeper = await stage.start('actor.mjs', options)
    await keeper.ask('count', 'jobs_total', { who: 'keeper' })
    const many = 16
    for (let round = 0; round < 4; round++) {
      for (let seat = 2; seat < 2 + many; seat++)
        writeFileSync(join(directory, valuesName(seat)), Buffer.alloc(20_000, seat))
      const comers = await Promise.all(Array.from({ length: many }, () => stage.start('actor.mjs', options)))
      const start = Date.now() + 50
      await Promise.all(
        comers.map((comer) => comer.ask('at', start, 'count', 'comers_total', { round: String(round) }, 10)),
      )
      const { scrape } = await until(
        () => readDirectory(directory),
        (reading) => reading.scrape.value(`comers_total{round="${round}"}`) === many * 10,
      )
      expect(scrape.value('jobs_total{who="keeper"}')).toBe(1)
      await Promise.all(comers.map((comer) => comer.kill()))
    }
    // Without a lock, a damaged file may be one that another process is writing: it is not changed.
    if (backend === 'mmap') expect(filesIn(directory).some((name) => name.startsWith('bad-'))).toBe(true)
  })

  test('are as many as the processes that counted at the same time, however many came and went', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const keeper = await stage.start('actor.mjs', options)
    await keeper.ask('count', 'jobs_total', { who: 'keeper' })
    const lanes = 3
    const lives = 12
    const lane = async () => {
      for (let life = 0; life < lives; life++) {
        const actor = await stage.start('actor.mjs', options)
        await actor.ask('count', 'short_total', {}, 100)
        await actor.ask('exit')
        await actor.ended
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    const { scrape } = await readDirectory(directory)
    expect(scrape.value('short_total')).toBe(lanes * lives * 100)
    const seats = filesIn(directory).filter((name) => name.endsWith('.values'))
    // One that has printed its last word may still be leaving when the next one comes.
    expect(seats.length).toBeLessThanOrEqual(1 + lanes * 2)
  })

  test('of another version are left alone', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const keeper = await stage.start('actor.mjs', options)
    await keeper.ask('count', 'jobs_total', {}, 5)
    const later = readFileSync(join(directory, valuesName(1)))
    later.writeUInt16LE(2, 8)
    writeFileSync(join(directory, valuesName(2)), later)
    const comer = await stage.start('actor.mjs', options)
    await comer.ask('count', 'jobs_total', {}, 1)
    const { scrape, writers, errors } = await until(
      () => readDirectory(directory),
      (reading) => reading.scrape.value('jobs_total') === 6,
    )
    expect(writers.map(({ seat }) => seat)).toEqual([1, 3])
    expect(errors.map(({ reason }) => reason)).toEqual(['version'])
    expect(scrape.value('jobs_total')).toBe(6)
    expect(readFileSync(join(directory, valuesName(2))).equals(later)).toBe(true)
  })

  test('are not given to a process that only answers, and its life keeps the run', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    mkdirSync(directory)
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const answers = await stage.start('actor.mjs', options)
    await answers.ask('scrape')
    for (let life = 1; life <= 3; life++) {
      const actor = await stage.start('actor.mjs', options)
      await actor.ask('count', 'jobs_total', {}, 10)
      await actor.ask('exit')
      await actor.ended
      const scrape = new Exposition(await answers.ask('scrape'))
      expect(scrape.value('jobs_total')).toBe(10 * life)
    }
    const seats = filesIn(directory).filter((name) => name.endsWith('.values'))
    // Without a lock it must take a seat nevertheless, so that others see it.
    expect(seats).toHaveLength(backend === 'mmap' ? 1 : 2)
  })
})
