import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { valuesName } from '../../src/store/shared/format.js'
import { promhive } from '../helpers/processes/command.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

interface Inspection {
  readonly directory: string
  readonly seats: readonly Record<string, unknown>[]
  readonly faults: readonly string[]
}

describe.each(sharedBackends)('$backend: promhive inspect', ({ env }) => {
  test('shows each seat, its owner, whether it lives, and how many owners it had', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const first = await stage.start('actor.mjs', options)
    await first.ask('countMany', 'jobs_total', 0, 3)
    await first.ask('observe', 'duration_seconds', {}, 1)
    const second = await stage.start('actor.mjs', options)
    await second.ask('count', 'jobs_total', { series: '0' })
    await until(
      () => readDirectory(directory),
      ({ scrape }) => scrape.total('jobs_total') === 4 && scrape.value('duration_seconds_count') === 1,
    )
    await second.kill()
    const third = await stage.start('actor.mjs', options)
    await third.ask('count', 'constructor')
    await until(
      () => readDirectory(directory),
      ({ scrape }) => scrape.value('constructor') === 1,
    )
    await third.kill()

    const json = await promhive(stage, ['inspect', directory, '--json'], env)
    expect(json.code, json.errors).toBe(0)
    const { seats, faults, directory: named } = JSON.parse(json.output) as Inspection
    expect(named).toBe(directory)
    expect(faults).toEqual([])
    expect(seats).toMatchObject([
      {
        seat: 1,
        pid: first.pid,
        thread: 0,
        live: true,
        owners: 1,
        families: { jobs_total: 3, duration_seconds: 1 },
        series: 4,
      },
      {
        seat: 2,
        pid: third.pid,
        thread: 0,
        live: false,
        owners: 2,
        families: { jobs_total: 1, constructor: 1 } as object,
        series: 2,
      },
    ])
    for (const seat of seats) {
      expect(Number(seat.valuesBytes)).toBeGreaterThanOrEqual(4096)
      expect(Number(seat.seriesBytes)).toBeGreaterThan(0)
      expect(Date.parse(String(seat.startedAt))).toBeGreaterThan(Date.now() - 3_600_000)
    }

    const text = await promhive(stage, ['inspect'], { ...env, PROMHIVE_DIR: directory })
    expect(text.code, text.errors).toBe(0)
    expect(text.output).toContain(`${directory}: 2 seats, 1 alive, 1 dead`)
    expect(text.output).toMatch(new RegExp(`1\\s+pid ${first.pid}\\s+live`))
    expect(text.output).toMatch(new RegExp(`2\\s+pid ${third.pid}\\s+dead`))
    expect(text.output).toContain('jobs_total: 4 series in all seats together')
  })

  test('reports what cannot be read, and exits with 1', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    for (const _ of [1, 2]) {
      const actor = await stage.start('actor.mjs', options)
      await actor.ask('count', 'jobs_total')
    }
    writeFileSync(join(directory, valuesName(7)), '')
    const { code, output } = await promhive(stage, ['inspect', directory, '--json'], env)
    expect(code).toBe(1)
    const { seats, faults } = JSON.parse(output) as Inspection
    expect(seats.map(({ seat }) => seat)).toEqual([1, 2])
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain('seat 7')
    expect(faults[0]).toContain('too_short')
  })

  test('changes nothing', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 5)
    await actor.ask('exit')
    await actor.ended
    const before = (await readDirectory(directory)).scrape.text
    expect(before).toContain('jobs_total 5')
    await promhive(stage, ['inspect', directory], env)
    await promhive(stage, ['inspect', directory], env)
    const { writers, scrape } = await readDirectory(directory)
    expect(scrape.text).toBe(before)
    expect(writers.map(({ epoch }) => epoch)).toEqual([1])
  })
})

describe('promhive inspect', () => {
  test('rejects a path that is not a directory', { timeout }, async ({ stage }) => {
    const { code, errors } = await promhive(stage, ['inspect', stage.directory('nowhere')])
    expect(code).toBe(1)
    expect(errors).toContain('does not exist')
  })
})
