import { testStartsAmongDebris } from '../helpers/processes/starts-among-debris.js'

// A sample: test/torture/starts-among-debris has more of each kind.
testStartsAmongDebris({ seed: 7, truncations: 8, flips: 8, randomBytes: 5, garbage: 5 }, 240_000)
