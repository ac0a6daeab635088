import { describe } from 'vitest'
import { killRounds } from '../helpers/processes/kill-rounds.js'
import { randomFrom } from '../helpers/processes/random.js'
import { test } from '../helpers/processes/stage.js'

const timeout = 600_000

describe('a writer that is killed repeatedly', () => {
  test('loses nothing that it acknowledged, and the next one sits down on its seat', { timeout }, async ({ stage }) => {
    const lane = (seed: number) =>
      killRounds(stage, { rounds: 40, env: {}, random: randomFrom(seed), longestLife: 25, losesLastInterval: false })
    await Promise.all([lane(1), lane(2)])
  })

  test('loses only its counts since the last flush, if the addon is disabled', {
    timeout,
  }, async ({ stage }) => {
    const env = { PROMHIVE_NATIVE: 'off' }
    const lane = (seed: number) =>
      killRounds(stage, { rounds: 10, env, random: randomFrom(seed), longestLife: 350, losesLastInterval: true })
    await Promise.all([lane(3), lane(4)])
  })
})
