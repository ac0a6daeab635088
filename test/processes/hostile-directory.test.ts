import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect } from 'vitest'
import { controlName, seriesName, valuesName } from '../../src/store/shared/format.js'
import {
  bitFlips,
  controlDamage,
  type Damage,
  faultsOf,
  foreignThings,
  garbageLines,
  makeWreck,
  randomBytes,
  truncations,
  victim,
  type Wreck,
} from '../helpers/processes/debris.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { filesIn, Reader, type Reading, readDirectory } from '../helpers/processes/reading.js'
import { Stage, sharedBackends, test } from '../helpers/processes/stage.js'

const timeout = 240_000

describe.each(sharedBackends)('$backend: a scrape of a directory with a damaged seat', ({ env }) => {
  const before = new Stage()
  let wreck: Wreck
  beforeAll(async () => {
    wreck = await makeWreck(before, env)
    return () => before.clear()
  }, timeout)

  /** Damages a copy and reads it: the scrape succeeds, the other seats are exact, and each fault is reported. */
  async function survives(damage: Damage, directory = wreck.copy()): Promise<Reading> {
    damage.apply(directory)
    const reading = await readDirectory(directory)
    expect(faultsOf(reading.scrape, wreck, damage), damage.name).toEqual([])
    for (const { code, reason } of reading.errors) {
      expect(code, damage.name).toBe('FILE_UNREADABLE')
      expect(reason, damage.name).toMatch(/^[a-z_]+$/)
    }
    if (damage.certain) expect(reading.errors, damage.name).not.toEqual([])
    return reading
  }

  test('shows everything while nothing is damaged', async () => {
    const { scrape, errors } = await readDirectory(wreck.copy())
    expect(errors).toEqual([])
    expect(scrape.text).toBe(wreck.whole.text)
  })

  test('continues with the others exact, at any length that a file was cut to', { timeout }, async () => {
    const directory = wreck.copy()
    for (const damage of truncations(wreck, randomFrom(1), 60)) {
      writeFileSync(join(directory, valuesName(victim)), wreck.values)
      writeFileSync(join(directory, seriesName(victim)), wreck.series)
      await survives(damage, directory)
    }
  })

  test.for([
    ['bits were flipped', bitFlips],
    ['random bytes were written', randomBytes],
    ['lines of garbage were written', garbageLines],
  ] as const)('continues with the others exact and no wrong labels where %s', { timeout }, async ([, damageOf]) => {
    const random = randomFrom(2)
    const directory = wreck.copy()
    for (let i = 0; i < 100; i++) {
      writeFileSync(join(directory, valuesName(victim)), wreck.values)
      writeFileSync(join(directory, seriesName(victim)), wreck.series)
      await survives(damageOf(wreck, random), directory)
    }
  })

  test('continues with all of them exact when the control file is damaged', { timeout }, async () => {
    const random = randomFrom(3)
    const directory = wreck.copy()
    for (let i = 0; i < 100; i++) {
      const damage = controlDamage(wreck, random)
      await survives(damage, directory)
      const { scrape } = await readDirectory(directory)
      expect(scrape.text, damage.name).toBe(wreck.whole.text)
    }
  })

  test('shows everything again when the damage is repaired', { timeout }, async () => {
    const random = randomFrom(4)
    const directory = wreck.copy()
    const reader = new Reader(directory)
    const kinds = [bitFlips, bitFlips, randomBytes, garbageLines, controlDamage]
    for (let i = 1; i <= 200; i++) {
      // In one damaged state after another, and none of them in between.
      kinds[below(random, kinds.length)]!(wreck, random).apply(directory)
      await reader.read()
      if (i % 8 !== 0) continue
      writeFileSync(join(directory, valuesName(victim)), wreck.values)
      writeFileSync(join(directory, seriesName(victim)), wreck.series)
      writeFileSync(join(directory, controlName), wreck.control)
      expect((await reader.scrape()).text).toBe(wreck.whole.text)
    }
  })

  test('continues, and reports it, when something else has the name of a file', { timeout }, async ({ stage }) => {
    for (const damage of foreignThings(stage)) {
      // A seat without its values file does not exist: there is nothing to report.
      const gone = damage.name === `${valuesName(victim)}: nothing`
      await survives(gone ? { ...damage, certain: false } : damage)
    }
  })

  test('continues, and reports it, when this user may not read a file', { timeout }, async () => {
    for (const name of [valuesName(victim), seriesName(victim)]) {
      const directory = wreck.copy()
      chmodSync(directory, 0o755)
      const damage: Damage = {
        name: `${name} without permission`,
        valuesWhole: true,
        certain: true,
        apply: () => chmodSync(join(directory, name), 0),
      }
      const reading = await asNobody(directory, () => survives(damage, directory))
      expect(reading.errors.map(({ reason }) => reason)).toEqual(['eacces'])
    }
  })

  /** The superuser may read everything, so another user reads here. */
  async function asNobody<T>(directory: string, read: () => Promise<T>): Promise<T> {
    if (process.geteuid?.() !== 0) return read()
    const nobody = 65_534
    for (const name of ['.', ...filesIn(directory)]) chownSync(join(directory, name), nobody, nobody)
    process.seteuid!(nobody)
    try {
      return await read()
    } finally {
      process.seteuid!(0)
    }
  }
})
