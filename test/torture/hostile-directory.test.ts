import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect } from 'vitest'
import { controlName, seriesName, valuesName } from '../../src/store/shared/format.js'
import {
  bitFlips,
  controlDamage,
  faultsOf,
  garbageLines,
  makeWreck,
  randomBytes,
  truncations,
  victim,
  type Wreck,
} from '../helpers/processes/debris.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { Reader, readDirectory } from '../helpers/processes/reading.js'
import { Stage, sharedBackends, test } from '../helpers/processes/stage.js'

/** Of both backends together a hundred thousand; another seed finds others. */
const mutations = Number(process.env.PROMHIVE_TORTURE_MUTATIONS ?? 50_000)
const seed = Number(process.env.PROMHIVE_TORTURE_SEED ?? 1)

describe.each(sharedBackends)('$backend: scrapes of tens of thousands of damaged directories', ({ env }) => {
  const before = new Stage()
  let wreck: Wreck
  beforeAll(async () => {
    wreck = await makeWreck(before, env)
    return () => before.clear()
  })

  test('continue, with the other seats exact and no wrong labels', async () => {
    const random = randomFrom(seed)
    const directory = wreck.copy()
    // One reader reads all damages in turn, and must remember nothing wrong; a fresh one reads each by itself.
    const old = new Reader(directory)
    const kinds = [bitFlips, bitFlips, randomBytes, garbageLines, controlDamage]
    for (let i = 0; i < mutations; i++) {
      const damage = kinds[below(random, kinds.length)]!(wreck, random)
      damage.apply(directory)
      const { scrape, errors } = await readDirectory(directory)
      expect(faultsOf(scrape, wreck, damage), damage.name).toEqual([])
      for (const { code } of errors) expect(code, damage.name).toBe('FILE_UNREADABLE')
      if (damage.certain) expect(errors, damage.name).not.toEqual([])
      if (i % 50 === 0) await old.read()
      restore(directory)
      if (i % 1000 === 0) expect((await old.read()).scrape.text, `after ${damage.name}`).toBe(wreck.whole.text)
    }
  })

  test('continue at every length that a file can be cut to', async () => {
    const directory = wreck.copy()
    for (const damage of truncations(wreck, randomFrom(seed), 5_000)) {
      damage.apply(directory)
      const { scrape } = await readDirectory(directory)
      expect(faultsOf(scrape, wreck, damage), damage.name).toEqual([])
      restore(directory)
    }
  })

  function restore(directory: string): void {
    writeFileSync(join(directory, valuesName(victim)), wreck.values)
    writeFileSync(join(directory, seriesName(victim)), wreck.series)
    writeFileSync(join(directory, controlName), wreck.control)
  }
})
