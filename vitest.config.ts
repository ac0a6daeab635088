import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LeftOut } from './test/helpers/left-out.js'
import { Leftovers } from './test/helpers/leftovers.js'
import { SecondTries } from './test/helpers/second-tries.js'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Packages that are installed beside the tests bring tests of their own.
    exclude: ['test/torture/**', '**/node_modules/**'],
    pool: 'forks',
    // Metrics ports of the test processes themselves print no lines. Programs that tests start get a clean environment.
    env: { PROMHIVE_STARTUP: 'off' },
    // Two files at least: most of them wait for the processes that they start. A file uses ports, directories and daemons of
    // its own, so any two files may run at the same time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Longer than `until` waits, which then tells what it saw last: a machine may be slow, or busy with something else.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two thousand tests with real processes and real clocks on a machine that is somebody else's: one that fails there
    // is run once more, and named. At home nothing is run again, and in the torture set nothing ever.
    retry: process.env.CI === 'true' ? 1 : 0,
    reporters: [new SecondTries(), new LeftOut(), new Leftovers(), 'default'],
  },
})
