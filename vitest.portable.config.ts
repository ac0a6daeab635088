import { configDefaults, defineConfig } from 'vitest/config'
import { LeftOut } from './test/helpers/left-out.js'

/** What holds on every platform, tried on this one with the addon and /proc switched off: not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/{conformance,limitations,processes}/**/*.test.ts'],
    exclude: [...configDefaults.exclude],
    pool: 'forks',
    env: { PROMHIVE_STARTUP: 'off', PROMHIVE_NATIVE: 'off', PROMHIVE_PROC: 'off' },
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: [new LeftOut(), 'default'],
  },
})
