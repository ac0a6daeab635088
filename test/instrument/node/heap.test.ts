import { getHeapSpaceStatistics } from 'node:v8'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Registry } from '../../../src/index.js'
import { shown } from '../../helpers/samples.js'

describe('the heap', () => {
  const registry = new Registry()
  afterEach(() => registry.clear())

  test('is shown with the values of Node, as a whole and by space', async () => {
    collectDefaultMetrics({ register: registry })
    const samples = await shown(registry)
    expect(samples.nodejs_heap_size_used_bytes).toBeGreaterThan(2 ** 20)
    expect(samples.nodejs_heap_size_total_bytes).toBeGreaterThan(samples.nodejs_heap_size_used_bytes!)
    expect(samples.nodejs_external_memory_bytes).toBeGreaterThan(0)
    const spaces = getHeapSpaceStatistics().map(({ space_name }) => space_name.replace('_space', ''))
    for (const what of ['total', 'used', 'available']) {
      const shownSpaces = Object.keys(samples).flatMap(
        (sample) => new RegExp(`^nodejs_heap_space_size_${what}_bytes\\{space="(\\w+)"\\}$`).exec(sample)?.[1] ?? [],
      )
      expect(shownSpaces.sort()).toEqual([...spaces].sort())
    }
    expect(samples['nodejs_heap_space_size_used_bytes{space="old"}']).toBeGreaterThan(0)
  })
})
