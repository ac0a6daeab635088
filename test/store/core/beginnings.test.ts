import { describe, expect } from 'vitest'
import { refOf } from '../../../src/model/series-ref.js'
import { loadBinding } from '../../../src/platform/addon.js'
import type { Store } from '../../../src/store/contract.js'
import { carryOver } from '../../../src/store/core/carry-over.js'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { RedisStore } from '../../../src/store/redis/redis-store.js'
import { SharedBackend } from '../../../src/store/shared/shared-backend.js'
import { ValueStore } from '../../../src/store/values/value-store.js'
import { counterFamily } from '../../../src/testing/families.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

/*
 * A series that moves to another store keeps its beginning. With a later one, its counts would look as if they were new:
 * exporters of differences would send them again, and receivers of start times would add them again.
 */

const jobs = counterFamily('jobs_total')
const { binding } = loadBinding()

const onDirectory = (addon: typeof binding | null) => (stage: Stage) => {
  const backend = new SharedBackend({
    directory: stage.directory(),
    onError(error) {
      throw error
    },
    overflow: (seat) => new MemoryStore(seat),
    binding: addon ?? null,
  })
  stage.after(() => backend.close())
  return backend.openStore()
}

const nothing = { onRemoved() {}, announce() {}, flush: async () => {} }

const stores: Readonly<Record<string, (stage: Stage) => Store>> = {
  memory: () => new MemoryStore(),
  ...(binding !== undefined && { mmap: onDirectory(binding) }),
  buffered: onDirectory(null),
  redis: () => new RedisStore({ writer: 'one', ...nothing }),
  values: () => new ValueStore({ ...nothing, removed() {}, declared() {}, alone() {} }),
}

describe.each(Object.keys(stores))('from %s', (from) => {
  test.for(Object.keys(stores))('to %s, a series keeps its beginning', (to, { stage }) => {
    const [source, target] = [stores[from]!(stage), stores[to]!(stage)]
    for (const [text, createdAt] of [
      ['removed', 1000],
      ['a', 2000.5],
      ['b', undefined],
    ] as const) {
      const slots = source.open(jobs, refOf([text]), createdAt)
      slots.values[slots.at] = 3
    }
    source.remove(jobs, { text: 'removed' }, 'process')
    // On the slot of the one that was removed, perhaps.
    const slots = source.open(jobs, refOf(['c']), 3000.25)
    slots.values[slots.at] = 4
    const before = beginningsIn(source)
    expect(before).toEqual({ a: 2000.5, b: expect.closeTo(Date.now() / 1000, -2), c: 3000.25 })
    carryOver(source, target)
    expect(beginningsIn(target)).toEqual(before)
  })
})

function beginningsIn(store: Store): Readonly<Record<string, number | undefined>> {
  const entries = [...store.series(undefined, true)].map(({ series, createdAt }) => {
    return [String(series.labelValues[0]), createdAt] as const
  })
  return Object.fromEntries(entries)
}
