import { describe, expect } from 'vitest'
import { readDirectory } from '../helpers/processes/reading.js'
import { Stage, sharedBackends, test } from '../helpers/processes/stage.js'

describe.each(sharedBackends)('$backend: a process that ends publishes its counts', ({ env }) => {
  test.each([
    // Counts that need time are published only if there is any left.
    ['leave', 0, 100],
    ['exit', 0, 1],
    ['throw', 1, 1],
  ])('by %s', { timeout: 60_000 }, async (way, code, slow) => {
    const stage = new Stage()
    try {
      const directory = stage.directory()
      const options = { env: { ...env, PROMHIVE_DIR: directory }, args: [way] }
      const actor = stage.launch('publishes-and-leaves.mjs', options)
      expect(await actor.ended).toEqual({ code, signal: null })
      const { scrape } = await readDirectory(directory)
      expect(scrape.value('work_total')).toBe(100)
      expect(scrape.value('slow_work_total')).toBe(slow)
      expect(scrape.value('peak')).toBe(100)
      // The `live…` gauges end with their processes.
      expect(scrape.total('level')).toBe(0)
    } finally {
      await stage.clear()
    }
  })
})
