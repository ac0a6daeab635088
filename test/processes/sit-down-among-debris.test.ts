import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect } from 'vitest'
import { loadBinding } from '#native'
import { controlName, memberByte, runByte } from '../../src/store/shared/format.js'
import {
  bitFlips,
  type Damage,
  faultsOf,
  foreignThings,
  garbageLines,
  makeWreck,
  randomBytes,
  truncations,
  type Wreck,
} from '../helpers/processes/debris.js'
import { randomFrom } from '../helpers/processes/random.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const patience = 240_000

describe.each(sharedBackends)('$backend: a process that starts in a directory with a damaged seat', ({ env }) => {
  const before = new Stage()
  let wreck: Wreck
  beforeAll(async () => {
    wreck = await makeWreck(before, env)
    return () => before.clear()
  }, patience)

  const random = randomFrom(7)
  const flipped = () => Array.from({ length: 30 }, () => bitFlips(wreck, random))
  test.for([
    ['was cut short', () => truncations(wreck, random, 18)],
    ['has flipped bits', flipped],
    ['has random bytes', () => Array.from({ length: 15 }, () => randomBytes(wreck, random))],
    ['has lines of garbage', () => Array.from({ length: 15 }, () => garbageLines(wreck, random))],
    ['is something else', (stage: Stage) => foreignThings(stage)],
  ] as const)(
    'counts, and leaves the other seats exact, when a file %s',
    { timeout: patience },
    async ([, damages], { stage }) => {
      const waiting = [...damages(stage)]
      const lane = async () => {
        for (let damage = waiting.pop(); damage !== undefined; damage = waiting.pop()) await sitsDown(stage, damage)
      }
      await Promise.all([lane(), lane(), lane()])
    },
  )

  async function sitsDown(stage: Stage, damage: Damage): Promise<void> {
    const directory = wreck.copy()
    const release = holdRun(directory)
    damage.apply(directory)
    const newcomer = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
    await newcomer.ask('count', 'newcomers_total', { text: 'here' }, 7)
    const { scrape } = await until(
      () => readDirectory(directory),
      (reading) => reading.scrape.total('newcomers_total') > 0,
    ).catch(async () => {
      const faults = await newcomer.ask('faults')
      throw new Error(`${damage.name}: what it counts is not there; it told ${JSON.stringify(faults)}`)
    })
    expect(scrape.value('newcomers_total{text="here"}'), damage.name).toBe(7)
    scrape.samples.delete('newcomers_total{text="here"}')
    expect(faultsOf(scrape, wreck, damage), damage.name).toEqual([])
    await newcomer.kill()
    release()
  }

  /** Keeps the run of the copied files going, as a process of it would that does not count. */
  function holdRun(directory: string): () => void {
    const fd = openSync(join(directory, controlName), 'r+')
    for (const byte of [runByte, memberByte]) expect(loadBinding().binding!.lock(fd, byte, 1)).toBe(true)
    return () => closeSync(fd)
  }
})
