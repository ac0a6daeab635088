import { configDefaults, defineConfig } from 'vitest/config'
import { LeftOut } from './test/helpers/left-out.js'
import { notPortable, portableTests } from './test/helpers/processes/not-portable.js'

console.log(
  `without the addon and without /proc, but for ${notPortable.length} tests that test/helpers/processes/not-portable.ts names`,
)

/** What holds on every platform, tried on this one with the addon and /proc switched off: not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/{conformance,limitations,processes}/**/*.test.ts'],
    exclude: [...configDefaults.exclude],
    testNamePattern: portableTests(),
    pool: 'forks',
    env: { PROMHIVE_STARTUP: 'off', PROMHIVE_NATIVE: 'off', PROMHIVE_PROC: 'off' },
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 120_000,
    reporters: [new LeftOut(), 'default'],
  },
})
