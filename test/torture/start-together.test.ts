import { describe, expect } from 'vitest'
import { below, randomFrom } from '../helpers/processes/random.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const rounds = 60

describe.each(sharedBackends)('$backend: processes that start together, of which some are killed', ({ env }) => {
  test('lose nothing and show nothing of an earlier run, round after round', async ({ stage }) => {
    const random = randomFrom(77)
    const directory = stage.directory()
    const options = { env: { ...env, PROMHIVE_DIR: directory } }
    for (let round = 0; round < rounds; round++) {
      const actors = await Promise.all(Array.from({ length: 12 }, () => stage.start('actor.mjs', options)))
      const victims = actors.splice(0, 4)
      const start = Date.now() + 50
      for (const victim of victims) {
        victim.ask('at', start, 'count', 'victims_total', {}, 1).catch(() => {})
        setTimeout(() => void victim.kill(), start - Date.now() + random() * 8)
      }
      await Promise.all(
        actors.map((actor) =>
          actor.ask('at', start + below(random, 8), 'count', 'fresh_total', { round: String(round) }, 10),
        ),
      )
      await Promise.all(victims.map((victim) => victim.ended))
      const { scrape } = await until(
        () => readDirectory(directory),
        (reading) => reading.scrape.total('fresh_total') >= actors.length * 10,
      )
      expect(scrape.labelled('fresh_total')).toEqual({ [`round="${round}"`]: actors.length * 10 })
      await Promise.all(actors.map((actor) => actor.kill()))
    }
  })
})
