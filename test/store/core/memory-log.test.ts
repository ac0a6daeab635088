import { expect, test } from 'vitest'
import { Merger } from '../../../src/gather/merge.js'
import { refOf, refOfKey } from '../../../src/model/series-ref.js'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { noPause } from '../../helpers/writers.js'

const family = { type: 'counter', name: 'c_total', help: 'C.', labelNames: ['id'], registry: 'default' } as const
const other = { ...family, name: 'd_total' } as const

test('series that come and go leave nothing behind in the log, and the others continue', async () => {
  const store = new MemoryStore()
  const merger = new Merger()
  const kept = store.open(family, refOf(['kept']))
  kept.values[kept.at] = 1
  let most = 0
  for (let round = 0; round < 5_000; round++) {
    const key = `["${round}"]`
    const { values, at } = store.open(round % 2 === 0 ? family : other, refOfKey(key))
    values[at] = round
    store.remove(round % 2 === 0 ? family : other, { id: String(round) })
    most = Math.max(most, store.log.length)
    if (round % 500 === 0) await merger.merge(store.snapshot().writers, noPause)
  }
  kept.values[kept.at]! += 1
  expect(most).toBeLessThan(6_000)
  const { tables } = await merger.merge(store.snapshot().writers, noPause)
  const shown = tables.flatMap((table) =>
    [...table.order].map((row) => [table.keys[row], table.slots[table.bases[row]!]]),
  )
  expect(shown).toEqual([['["kept"]', 2]])
})
