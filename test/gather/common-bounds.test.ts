import { expect, test } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import { layoutOf } from '../../src/model/layout/layout-of.js'
import { refOf } from '../../src/model/series-ref.js'
import { Slices } from '../../src/platform/slices.js'
import { MemoryStore } from '../../src/store/memory/memory-backend.js'

function histogram(bounds: readonly number[]): FamilyDescriptor<'histogram'> {
  return { type: 'histogram', name: 'job_seconds', help: 'Jobs.', labelNames: [], registry: 'default', bounds }
}

/** A writer that observed one value in each of its buckets. */
function writerWith(bounds: readonly number[], startedAt: number) {
  const store = new MemoryStore()
  const { values, at } = store.open(histogram(bounds), refOf([]))
  values[at + 1] = 10
  for (let i = 0; i <= bounds.length; i++) values[at + 2 + i] = 1
  return { ...store.snapshot().writers[0]!, startedAt }
}

test('histograms that differ in their buckets are shown with the common ones, and nothing is lost', async () => {
  const writers = [writerWith([1, 2, 5], 1), writerWith([0.5, 2, 5, 10], 2)]
  const { tables, errors } = await new Merger().merge(writers, new Slices())
  expect(tables).toHaveLength(1)
  const [table] = tables
  expect((table!.family as FamilyDescriptor<'histogram'>).bounds).toEqual([2, 5])
  // Below 2: two of each; up to 5: one of each; above: one of the first, two of the second.
  expect([...table!.slots]).toEqual([20, 4, 2, 3])
  expect(layoutOf(table!.family).mergedWidth).toBe(4)
  expect(errors.map((error) => error.code)).toEqual(['FAMILY_CONFLICT'])
  expect(errors[0]!.message).toContain('common buckets')
})

test('a histogram with no bucket in common still has its count and sum', async () => {
  const { tables } = await new Merger().merge([writerWith([1], 1), writerWith([2], 2)], new Slices())
  expect([...tables[0]!.slots]).toEqual([20, 4])
})
