import { testStartsAmongDebris } from '../helpers/processes/starts-among-debris.js'

testStartsAmongDebris({ seed: 8, truncations: 60, flips: 100, randomBytes: 50, garbage: 50 }, 30 * 60_000)
