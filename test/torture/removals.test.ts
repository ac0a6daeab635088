import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { Reader } from '../helpers/processes/reading.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const series = 3000
const rounds = Number(process.env.ROUNDS ?? 300)

/** Without the addon, counts since the last flush are lost with a kill: these processes are not killed. */
const lives: [string, { readonly seed: number; readonly kills: boolean; readonly env: Record<string, string> }][] = [
  ['with kills while they are carried out', { seed: 21, kills: true, env: {} }],
  ['with kills, once more', { seed: 22, kills: true, env: {} }],
  ['without the addon', { seed: 23, kills: false, env: { PROMHIVE_NATIVE: 'off' } }],
]

test.for(lives)('removals of thousands of series show what the model shows: %s', async ([, life], { stage }) => {
  const { seed, kills, env } = life
  const random = randomFrom(seed)
  const directory = stage.directory()
  const start = (): Promise<Actor> => stage.start('removes-many.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
  // The last one stays, so that the run does not end.
  const actors = await Promise.all([start(), start(), start(), start()])
  const model = new Map<string, number>()
  const add = (path: string, shard: string, amount: number): void => {
    const name = `path="${path}",shard="${shard}"`
    model.set(name, (model.get(name) ?? 0) + amount)
  }
  const beside = new Reader(directory)
  for (let round = 0; round < rounds; round++) {
    const who = below(random, 3)
    const actor = actors[who]!
    const [path, shard] = [`${below(random, series)}`, `${below(random, 3)}`]
    const dice = below(random, 20)
    if (dice < 3) {
      await actor.ask('fill', series, shard)
      for (let i = 0; i < series; i++) add(`${i}`, shard, 1)
    } else if (dice < 10) {
      await actor.ask('inc', path, shard, 3)
      add(path, shard, 3)
    } else if (dice < 14) {
      const labels: Record<string, string> = dice === 10 ? {} : dice === 11 ? { path } : { shard }
      await actor.ask('remove', labels)
      for (const name of [...model.keys()])
        if (Object.entries(labels).every(([label, value]) => name.includes(`${label}="${value}"`))) model.delete(name)
    } else if (dice < 17) {
      // At any moment of the work after its answer.
      await new Promise((resolve) => setTimeout(resolve, below(random, 30)))
      if (!kills) continue
      await actor.kill('SIGKILL')
      actors[who] = await start()
    } else {
      const reader = dice === 17 ? new Reader(directory) : beside
      const wanted = Object.fromEntries(model)
      const { scrape, errors } = await until(
        () => reader.read(),
        (seen) => kills || isDeepStrictEqual(seen.scrape.labelled('jobs_total'), wanted),
      )
      expect(errors).toEqual([])
      expect(scrape.labelled('jobs_total')).toEqual(wanted)
    }
  }
})
