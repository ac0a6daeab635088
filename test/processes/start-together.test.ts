import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { controlName, headerSize, valuesName } from '../../src/store/shared/format.js'
import { Head } from '../../src/store/shared/head.js'
import type { Actor } from '../helpers/processes/actor.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 600_000
const many = 64
const each = 100

describe.each(sharedBackends)(
  '$backend: 64 processes that start at the same instant on a stale directory',
  ({ env }) => {
    test('begin one run, show nothing of the stale one, lose no count, and take 64 seats', {
      timeout,
    }, async ({ stage }) => {
      const directory = stage.directory()
      const random = randomFrom(64)
      for (let round = 1; round <= 3; round++) {
        await leaveBehind(stage, directory)
        const stale = runIn(directory, controlName)
        const actors = await assemble(stage, directory)
        const start = Date.now() + 50
        await Promise.all(
          actors.map((actor) => actor.ask('at', start + below(random, 3), 'count', 'fresh_total', {}, each)),
        )

        const { scrape, writers, errors } = await until(
          () => readDirectory(directory),
          (reading) => reading.scrape.total('fresh_total') >= many * each || reading.writers.length > many,
        )
        expect(scrape.total('fresh_total')).toBe(many * each)
        expect(scrape.total('stale_total')).toBe(0)
        expect(errors).toEqual([])
        expect(writers.map(({ seat }) => seat)).toEqual(Array.from({ length: many }, (_, i) => i + 1))
        expect(new Set(writers.map(({ writer }) => writer)).size).toBe(many)
        const run = runIn(directory, controlName)
        expect(run).not.toBe(stale)
        for (const { seat } of writers) expect(runIn(directory, valuesName(seat))).toBe(run)
        await Promise.all(actors.map((actor) => actor.kill()))
      }
    })

    test('begin the run even when some of them are killed while they do', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      const random = randomFrom(65)
      for (let round = 1; round <= 4; round++) {
        await leaveBehind(stage, directory)
        const actors = await assemble(stage, directory, 16)
        const start = Date.now() + 50
        const victims = actors.splice(0, 4)
        // The victims come first, and go within the milliseconds in which the directory is set up.
        for (const victim of victims) {
          victim.ask('at', start, 'count', 'victims_total', {}, 1).catch(() => {})
          const life = start - Date.now() + random() * 6
          setTimeout(() => void victim.kill(), life)
        }
        await Promise.all(
          actors.map((actor) => actor.ask('at', start + 1 + below(random, 4), 'count', 'fresh_total', {}, each)),
        )
        await Promise.all(victims.map((victim) => victim.ended))
        const { scrape, writers, errors } = await until(
          () => readDirectory(directory),
          (reading) => reading.scrape.total('fresh_total') >= actors.length * each,
        )
        expect(scrape.total('fresh_total')).toBe(actors.length * each)
        expect(scrape.total('stale_total')).toBe(0)
        expect(errors).toEqual([])
        expect(writers.filter(({ live }) => live)).toHaveLength(actors.length)
        await Promise.all(actors.map((actor) => actor.kill()))
      }
    })

    /** Waits in their places: loaded, and in no directory yet. */
    function assemble(stage: Stage, directory: string, count = many): Promise<Actor[]> {
      const options = { env: { ...env, PROMHIVE_DIR: directory } }
      return Promise.all(Array.from({ length: count }, () => stage.start('actor.mjs', options)))
    }

    /** An application that counted here and has ended. */
    async function leaveBehind(stage: Stage, directory: string): Promise<void> {
      const options = { env: { ...env, PROMHIVE_DIR: directory } }
      const old = await Promise.all([1, 2, 3].map(() => stage.start('actor.mjs', options)))
      await Promise.all(old.map((actor) => actor.ask('count', 'stale_total', {}, 1000)))
      await until(
        () => readDirectory(directory),
        ({ scrape }) => scrape.total('stale_total') === 3000,
      )
      await Promise.all(old.map((actor) => actor.kill()))
    }
  },
)

function runIn(directory: string, name: string): string {
  const head = new Head(new Uint8Array(headerSize))
  const fd = openSync(join(directory, name), 'r')
  try {
    readSync(fd, head.bytes, 0, headerSize, 0)
  } finally {
    closeSync(fd)
  }
  return head.runId
}
