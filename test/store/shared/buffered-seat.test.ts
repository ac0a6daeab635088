import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { MemoryStore } from '../../../src/store/memory/memory-backend.js'
import { at, valuesName } from '../../../src/store/shared/format.js'
import { SharedBackend } from '../../../src/store/shared/shared-backend.js'
import { counterOf } from '../../../src/testing/counted.js'
import { Reader } from '../../helpers/processes/reading.js'
import { test } from '../../helpers/processes/stage.js'
import { counterFamily } from '../../helpers/writers.js'

const jobs = counterFamily('jobs_total')

describe('a buffered seat that was taken away while its owner was blocked', () => {
  test('is not written any more, and what its owner counted since is counted elsewhere, once', async ({ stage }) => {
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
    const counting = { store: () => backend.openStore() }
    const store = backend.openStore()
    counterOf({ store }, jobs, '[]').inc(10)
    store.flush()

    // The next owner enters itself, counts on from ten, and reaches twelve.
    const path = join(directory, valuesName(1))
    const file = openSync(path, 'r+')
    writeSync(file, Int32Array.of(2), 0, 4, at.epoch)
    writeSync(file, Float64Array.of(12), 0, 8, 4096)
    closeSync(file)
    counterOf({ store }, jobs, '[]').inc(100)
    store.flush()
    expect(readFileSync(path).readDoubleLE(4096)).toBe(12)

    const source = backend.openSource()
    const { scrape, writers } = await new Reader(source).read()
    expect(writers.map(({ seat, values }) => [seat, values[0]])).toEqual([
      [1, 12],
      [2, 100],
    ])
    expect(scrape.value('jobs_total')).toBe(112)
    counterOf({ store: counting.store() }, jobs, '[]').inc(1)
    counting.store().flush()
    expect((await new Reader(source).scrape()).value('jobs_total')).toBe(113)
  })
})
