import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { Merger } from '../../src/gather/merge.js'
import { refOf } from '../../src/model/series-ref.js'
import { loadBinding } from '../../src/platform/addon.js'
import type { Backend } from '../../src/store/contract.js'
import { carryOver } from '../../src/store/core/carry-over.js'
import { MemoryBackend, MemoryStore } from '../../src/store/memory/memory-backend.js'
import { at, valuesName } from '../../src/store/shared/format.js'
import { SharedBackend } from '../../src/store/shared/shared-backend.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { observe, shownAt, sparseFamily, sparseLayout } from '../helpers/sparse-layout.js'
import { noPause } from '../helpers/writers.js'

/*
 * Stores keep a type whose buckets appear over time without knowing of it: only the layout does.
 */

vi.mock('../../src/model/layout/layout-of.js', async (original) => {
  const { withSparse } = await import('../helpers/sparse-layout.js')
  const { layoutOf } = await original<typeof import('../../src/model/layout/layout-of.js')>()
  return { layoutOf: withSparse(layoutOf) }
})

const sizes = sparseFamily('size')
const [a, b] = [refOf(['a']), refOf(['b'])]

const { binding } = loadBinding()
const onDirectory = (addon: typeof binding | null) => (stage: Stage) => {
  const directory = stage.directory()
  return (): Backend =>
    new SharedBackend({
      directory,
      onError(error) {
        throw error
      },
      overflow: (seat) => new MemoryStore(seat),
      binding: addon ?? null,
    })
}
const backends: [string, (stage: Stage) => () => Backend][] = [
  ['memory', () => () => new MemoryBackend()],
  ...(binding === undefined ? [] : [['mmap', onDirectory(binding)] as [string, (stage: Stage) => () => Backend]]),
  ['buffered', onDirectory(null)],
]

/** What one scrape shows of the family, by label value. */
async function shownBy(backend: Backend): Promise<Record<string, object>> {
  await backend.openStore().flush()
  const source = backend.openSource()
  const { writers } = await source.read(noPause)
  const { tables } = await new Merger().merge(writers, noPause)
  source.close()
  const table = tables.find(({ family }) => family.name === 'size')
  if (table === undefined) return {}
  const { order, keys, bases, slots } = table
  return Object.fromEntries([...order].map((row) => [JSON.parse(keys[row]!)[0], shownAt(slots, bases[row]!)]))
}

describe.each(backends)('a sparse layout, %s:', (name, of) => {
  test('buckets that appear over time are shown, each with its count', async ({ stage }) => {
    const backend = of(stage)()
    stage.after(() => backend.close?.())
    const slots = backend.openStore().open(sizes, a)
    observe(slots, 3)
    expect(await shownBy(backend)).toEqual({ a: { sum: 3, scale: 0, counts: { 3: 1 } } })
    for (let i = 0; i < 100; i++) observe(backend.openStore().open(sizes, refOf([`other ${i}`])), i)
    observe(slots, 900, 3)
    expect(await shownBy(backend)).toMatchObject({ a: { sum: 906, scale: 0, counts: { 3: 2, 900: 1 } } })
  })

  test('a series that was removed begins again without a bucket', async ({ stage }) => {
    const backend = of(stage)()
    stage.after(() => backend.close?.())
    observe(backend.openStore().open(sizes, a), 1, 2, 3, 4)
    backend.openStore().remove(sizes, { text: 'a' }, 'application')
    expect(await shownBy(backend)).toEqual({})
    observe(backend.openStore().open(sizes, b), 7)
    expect(await shownBy(backend)).toEqual({ b: { sum: 7, scale: 0, counts: { 7: 1 } } })
  })

  test('moves to another store and back', async ({ stage }) => {
    const backend = of(stage)()
    stage.after(() => backend.close?.())
    const before = new MemoryBackend()
    observe(before.openStore().open(sizes, a), 1, 2)
    observe(backend.openStore().open(sizes, a), 2, 3)
    carryOver(before.openStore(), backend.openStore())
    expect(await shownBy(backend)).toEqual({ a: { sum: 8, scale: 0, counts: { 1: 1, 2: 2, 3: 1 } } })
    const after = new MemoryBackend()
    carryOver(backend.openStore(), after.openStore())
    expect(await shownBy(after)).toEqual({ a: { sum: 8, scale: 0, counts: { 1: 1, 2: 2, 3: 1 } } })
  })

  if (name === 'memory') return

  test('writers with different buckets are merged, at a coarser scale if there are too many', async ({ stage }) => {
    const next = of(stage)
    const [one, two] = [next(), next()]
    for (const backend of [one, two]) stage.after(() => backend.close?.())
    observe(one.openStore().open(sizes, a), 0, 2, 4, 6)
    await one.openStore().flush()
    observe(two.openStore().open(sizes, a), 4, 5)
    expect(await shownBy(two)).toEqual({ a: { sum: 21, scale: 0, counts: { 0: 1, 2: 1, 4: 2, 5: 1, 6: 1 } } })
    observe(two.openStore().open(sizes, a), 8, 10)
    // Seven buckets do not fit: each of the next scale replaces two of them.
    expect(await shownBy(two)).toEqual({ a: { sum: 39, scale: 1, counts: { 0: 1, 1: 1, 2: 3, 3: 1, 4: 1, 5: 1 } } })
  })

  test('the next owner of the seat counts on', async ({ stage }) => {
    const next = of(stage)
    const keeper = next()
    stage.after(() => keeper.close?.())
    keeper.openStore()
    const first = next()
    observe(first.openStore().open(sizes, a), 1, 2)
    await first.close?.()
    const second = next()
    stage.after(() => second.close?.())
    const slots = second.openStore().open(sizes, a)
    observe(slots, 2, 9)
    expect([...slots.values.subarray(slots.at + 1, slots.at + 4)]).toEqual([14, 0, 3])
    expect(await shownBy(second)).toEqual({ a: { sum: 14, scale: 0, counts: { 1: 1, 2: 2, 9: 1 } } })
  })
})

test('counts that are stored elsewhere are subtracted, bucket by bucket', () => {
  const store = new MemoryStore()
  const slots = store.open(sizes, a)
  observe(slots, 1, 2, 2)
  const { values, log } = store.snapshot().writers[0]!
  const before = values.slice()
  observe(slots, 900, 2)
  store.deduct(before, log.length)
  const merged = new Float64Array(sparseLayout.mergedWidth)
  sparseLayout.combine(merged, 0, slots.values, slots.at, { live: true, epoch: 1, now: 0 })
  expect(shownAt(merged, 0)).toEqual({ sum: 902, scale: 0, counts: { 2: 1, 900: 1 } })
})

test('a buffered seat that was taken away leaves what its file has to the next owner', async ({ stage }) => {
  const directory = stage.directory()
  const backend = new SharedBackend({
    directory,
    onError(error) {
      throw error
    },
    overflow: (seat) => new MemoryStore(seat),
    binding: null,
  })
  stage.after(() => backend.close())
  const slots = backend.openStore().open(sizes, a)
  observe(slots, 1, 2)
  backend.openStore().flush()
  const file = openSync(join(directory, valuesName(1)), 'r+')
  writeSync(file, Int32Array.of(2), 0, 4, at.epoch)
  closeSync(file)
  observe(slots, 2, 50)
  backend.openStore().flush()
  expect(await shownBy(backend)).toEqual({ a: { sum: 55, scale: 0, counts: { 1: 1, 2: 2, 50: 1 } } })
})
