import { describe } from 'vitest'
import { killRounds } from '../helpers/processes/kill-rounds.js'
import { randomFrom } from '../helpers/processes/random.js'
import { test } from '../helpers/processes/stage.js'

describe('a thousand kills', () => {
  test('lose nothing that was acknowledged', async ({ stage }) => {
    const lane = (seed: number) =>
      killRounds(stage, { rounds: 500, env: {}, random: randomFrom(seed), longestLife: 40, losesLastInterval: false })
    await Promise.all([lane(11), lane(12)])
  })

  test('lose only the counts since the last flush, if the addon is disabled', async ({ stage }) => {
    const env = { PROMHIVE_NATIVE: 'off' }
    const lane = (seed: number) =>
      killRounds(stage, { rounds: 150, env, random: randomFrom(seed), longestLife: 400, losesLastInterval: true })
    await Promise.all([lane(13), lane(14)])
  })
})
