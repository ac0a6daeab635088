import { defineConfig } from 'vitest/config'

/** Long runs under load and under kill -9: not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/torture/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 30 * 60_000,
    hookTimeout: 5 * 60_000,
  },
})
