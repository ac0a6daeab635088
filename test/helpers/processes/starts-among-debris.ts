import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect } from 'vitest'
import { loadBinding } from '../../../src/platform/addon.js'
import { at, controlName, memberByte, runByte } from '../../../src/store/shared/format.js'
import { livenessIdIn } from '../../../src/store/shared/liveness-file.js'
import { isPortableRun } from './actor.js'
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
} from './debris.js'
import { randomFrom } from './random.js'
import { readDirectory } from './reading.js'
import { Stage, sharedBackends, test } from './stage.js'
import { until } from './until.js'

/** How many damages of each kind are tried; each starts a process. */
export interface DebrisCounts {
  readonly seed: number
  readonly truncations: number
  readonly flips: number
  readonly randomBytes: number
  readonly garbage: number
}

/** Declares the tests of a process that starts in a directory where a file of another seat is damaged. */
export function testStartsAmongDebris(counts: DebrisCounts, timeout: number): void {
  describe.each(sharedBackends)('$backend: a process that starts in a directory with a damaged seat', ({ env }) => {
    const before = new Stage()
    let wreck: Wreck
    beforeAll(async () => {
      wreck = await makeWreck(before, env)
      return () => before.clear()
    }, timeout)

    const random = randomFrom(counts.seed)
    const times = (count: number, damageOf: (wreck: Wreck, random: () => number) => Damage) =>
      Array.from({ length: count }, () => damageOf(wreck, random))
    test.for([
      ['was cut short', () => truncations(wreck, random, counts.truncations)],
      ['has flipped bits', () => times(counts.flips, bitFlips)],
      ['has random bytes', () => times(counts.randomBytes, randomBytes)],
      ['has lines of garbage', () => times(counts.garbage, garbageLines)],
      ['is something else', (stage: Stage) => foreignThings(stage)],
    ] as const)(
      'counts, and leaves the other seats exact, when a file %s',
      { timeout },
      async ([, damages], { stage }) => {
        const waiting = [...damages(stage)]
        const lane = async () => {
          for (let damage = waiting.pop(); damage !== undefined; damage = waiting.pop())
            await startsBeside(stage, wreck, damage, env)
        }
        await Promise.all([lane(), lane(), lane()])
      },
    )
  })
}

async function startsBeside(
  stage: Stage,
  wreck: Wreck,
  damage: Damage,
  env: Readonly<Record<string, string>>,
): Promise<void> {
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
    throw new Error(`${damage.name}: the counts of the new process are missing; its faults: ${JSON.stringify(faults)}`)
  })
  expect(scrape.value('newcomers_total{text="here"}'), damage.name).toBe(7)
  scrape.samples.delete('newcomers_total{text="here"}')
  expect(faultsOf(scrape, wreck, damage), damage.name).toEqual([])
  await newcomer.kill()
  release()
}

/** Keeps the run of the copied files going, like a process of that run that does not count. */
function holdRun(directory: string): () => void {
  const fd = openSync(join(directory, controlName), 'r+')
  if (isPortableRun) {
    // This process holds the liveness file of the one that began the run.
    writeSync(fd, Buffer.from(livenessIdIn(directory), 'hex'), 0, 16, at.livenessId)
    return () => closeSync(fd)
  }
  for (const byte of [runByte, memberByte]) expect(loadBinding().binding!.lock(fd, byte, 1)).toBe(true)
  return () => closeSync(fd)
}
