import { describe, expect } from 'vitest'
import { type GaugeMode, gaugeModes } from '../../src/model/metric-type.js'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { allSharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

/** Seats 1, 2 and 3 set 30, 10 and 20, in this order; then seat 2 dies; then another owner sits on seat 2 and sets 15. */
interface Expected {
  readonly alive: Readonly<Record<string, number>>
  readonly dead: Readonly<Record<string, number>>
  /** The next owner counts something else, and has not touched the gauge. */
  readonly taken: Readonly<Record<string, number>>
  /** The next owner has set 15. */
  readonly set: Readonly<Record<string, number>>
}

const one = (value: number): Record<string, number> => ({ '': value })
const each = (...values: (number | undefined)[]): Record<string, number> =>
  Object.fromEntries(values.flatMap((value, i) => (value === undefined ? [] : [[`worker="${i + 1}"`, value]])))

const table: Readonly<Record<GaugeMode, Expected>> = {
  all: { alive: each(30, 10, 20), dead: each(30, 10, 20), taken: each(30, 10, 20), set: each(30, 15, 20) },
  liveall: {
    alive: each(30, 10, 20),
    dead: each(30, undefined, 20),
    taken: each(30, undefined, 20),
    set: each(30, 15, 20),
  },
  sum: { alive: one(60), dead: one(60), taken: one(60), set: one(75) },
  livesum: { alive: one(60), dead: one(50), taken: one(50), set: one(65) },
  min: { alive: one(10), dead: one(10), taken: one(10), set: one(10) },
  livemin: { alive: one(10), dead: one(20), taken: one(20), set: one(15) },
  max: { alive: one(30), dead: one(30), taken: one(30), set: one(30) },
  livemax: { alive: one(30), dead: one(30), taken: one(30), set: one(30) },
  liveaverage: { alive: one(20), dead: one(25), taken: one(25), set: one(65 / 3) },
  mostrecent: { alive: one(10), dead: one(10), taken: one(10), set: one(15) },
  livemostrecent: { alive: one(10), dead: one(20), taken: one(20), set: one(15) },
}

describe.each(allSharedBackends)('$backend: gauges of three processes, of which one is killed', ({ env }) => {
  test('follow the table of all modes, while it lives, when it is dead, and when its seat has another owner', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const actors: Actor[] = []
    for (let i = 0; i < 3; i++) {
      const actor = await stage.start('actor.mjs', options)
      await actor.ask('count', 'seats_total')
      actors.push(actor)
    }
    const [first, second, third] = actors as [Actor, Actor, Actor]
    await setAll(first, 30)
    await setAll(third, 20)
    await setAll(second, 10)
    await expectAll('alive', first, directory)

    await second.kill()
    await expectAll('dead', first, directory)
    await expectAll('dead', third, directory)

    const heir = await stage.start('actor.mjs', options)
    await heir.ask('count', 'seats_total')
    await expectAll('taken', heir, directory)
    await setAll(heir, 15)
    await expectAll('set', heir, directory)
    await expectAll('set', first, directory)
    expect(filesIn(directory).filter((name) => name.endsWith('.values'))).toHaveLength(3)

    // The second death on one seat: the values of both owners are folded once.
    await heir.kill()
    const scrape = new Exposition(await first.ask('scrape'))
    expect(scrape.labelled('level_sum')).toEqual(one(75))
    expect(scrape.labelled('level_livesum')).toEqual(one(50))
    expect(scrape.value('seats_total')).toBe(4)
  })

  test('are gone with a process that ended by itself, and its counters stay', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    const stays = await stage.start('actor.mjs', options)
    const leaves = await stage.start('actor.mjs', options)
    await stays.ask('setGauge', 'level', 'livesum', 1)
    await leaves.ask('setGauge', 'level', 'livesum', 2)
    await leaves.ask('count', 'jobs_total', {}, 5)
    // No time to flush but the one at the end.
    await leaves.ask('exit')
    await leaves.ended
    const scrape = new Exposition(await stays.ask('scrape'))
    expect(scrape.value('level')).toBe(1)
    expect(scrape.value('jobs_total')).toBe(5)
  })
})

async function setAll(actor: Actor, value: number): Promise<void> {
  for (const mode of gaugeModes) await actor.ask('setGauge', `level_${mode}`, mode, value)
}

/** The same answer from a process and from a reader beside the application. */
async function expectAll(moment: keyof Expected, actor: Actor, directory: string): Promise<void> {
  const wanted = Object.fromEntries(gaugeModes.map((mode) => [mode, table[mode][moment]]))
  const shown = (scrape: Exposition) =>
    Object.fromEntries(gaugeModes.map((mode) => [mode, scrape.labelled(`level_${mode}`)]))
  // What others counted may be a tenth of a second late.
  const seen = await until(
    async () => shown(new Exposition(await actor.ask('scrape'))),
    (levels) => JSON.stringify(levels) === JSON.stringify(wanted),
    30_000,
  ).catch(async () => shown(new Exposition(await actor.ask('scrape'))))
  expect(seen, moment).toEqual(wanted)
  expect(shown((await readDirectory(directory)).scrape), moment).toEqual(wanted)
}
