import { afterEach, expect, test, vi } from 'vitest'
import { LatestExemplars } from '../../../src/compat/prom-client/latest-exemplars.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { refOf } from '../../../src/model/series-ref.js'
import { Counter } from '../../../src/prom-client.js'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'

afterEach(() => {
  vi.restoreAllMocks()
})

test('a store gets few of the exemplars that come at once, and the last one before they are shown', async () => {
  const stored = vi.spyOn(MemoryStore.prototype, 'setExemplar')
  const counter = new Counter({ name: 'm', help: 'M.', registers: [], enableExemplars: true })
  const start = performance.now()
  for (let i = 0; i < 1000; i++) counter.inc({ exemplarLabels: { trace: String(i) } as object })
  const most = 2 + (performance.now() - start) / 100
  const [value] = (await counter.get()).values
  expect(value).toMatchObject({ value: 1000, exemplar: { labelSet: { trace: '999' }, value: 1 } })
  expect(stored.mock.calls.length).toBeLessThanOrEqual(most)
  stored.mockClear()
  await counter.get()
  expect(stored).not.toHaveBeenCalled()
})

test('an exemplar that was stored later is not replaced by the one that was kept', () => {
  const latest = new LatestExemplars()
  const store = new MemoryStore(0)
  const stored = vi.spyOn(store, 'setExemplar')
  const series = refOf(['x'])
  latest.keep(series, 0, { labels: { trace: 'early' }, value: 1 })
  latest.keep(series, 1, { labels: { trace: 'of another bucket' }, value: 1 })
  latest.keep(series, 0, undefined)
  const { family } = new Counter({ name: 'm', help: 'M.', registers: [] }) as unknown as {
    readonly family: FamilyDescriptor
  }
  latest.storeIn(store, family)
  expect(stored.mock.calls.map(([, , bucket]) => bucket)).toEqual([1])
})
