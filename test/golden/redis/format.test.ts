import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { Slices } from '../../../src/platform/slices.js'
import { storedFormat } from '../../../src/store/redis/entry.js'
import { Folding } from '../../../src/store/redis/fold.js'
import { test } from '../../helpers/processes/stage.js'
import {
  dumpLedgers,
  type GoldenLedgers,
  restoreLedgers,
  writeGoldenService,
} from '../../helpers/redis/golden-ledgers.js'
import { hasRedis } from '../../helpers/redis/redis-server.js'
import { SimulatedReader, SimulatedWriter, simulatedService } from '../../helpers/redis/simulated-writers.js'
import { startRedis } from '../../helpers/redis/started-redis.js'

// This test sets the time of the system.
vi.mock('../../../src/platform/system-time.js', () => ({ systemNow: () => Date.now() }))

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))
const sample = 'text="a \\"b\\" ü\\n"'

describe.skipIf(!hasRedis)('the format in Redis', () => {
  test('has a golden file for each number', () => {
    expect(files.sort()).toEqual(Array.from({ length: storedFormat }, (_, i) => `format-${i + 1}.txt`))
  })

  test('is unchanged: a different output needs the next number', async ({ stage }) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
    stage.after(() => void vi.useRealTimers())
    const { url, client } = await startRedis(stage)
    await client.connect()
    await writeGoldenService(simulatedService(stage, url))
    const text = `${JSON.stringify(await dumpLedgers(client), null, 2)}\n`
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `format-${storedFormat}.txt`))
  })

  test.for(files)('%s is read, folded and continued', async (file, { stage }) => {
    const { url, client } = await startRedis(stage)
    await client.connect()
    await restoreLedgers(client, JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as GoldenLedgers)
    // What a later version writes is left as it is.
    const later = `1 9 0 0 0 {"format":${storedFormat + 1},"kind":"writer","instance":"x","startedAt":1,"epoch":1}`
    await client.hset('{promhive}:ledgers', 'later', later)
    await client.zadd('{promhive}:beats', Date.now(), 'later')
    const service = simulatedService(stage, url)
    const reader = new SimulatedReader(service)
    const joined = new SimulatedWriter(service)
    joined.count(20_000)
    await joined.flush()
    const seen = await reader.read()
    expect(seen.value(`jobs_total{${sample}}`)).toBe(2111)
    expect(seen.value('jobs_total{text="removed"}')).toBeUndefined()
    expect(seen.value('jobs_total{text="a"}')).toBe(20_000)
    expect(seen.value(`duration_seconds_sum{${sample}}`)).toBe(4 * 22.5)
    expect(seen.value(`duration_seconds_count{${sample}}`)).toBe(12)
    expect(seen.value(`level_sum{${sample}}`)).toBe(1 + 2 + 3 + 4)
    expect(seen.value(`level_max{${sample}}`)).toBe(4)
    expect(seen.value(`level_livesum{${sample}}`)).toBe(1 + 2)
    expect(Object.values(seen.labelled('level_all')).sort()).toEqual([1, 2, 3, 4])
    expect(reader.shelf.unreadable).toBe(1)

    // All processes that wrote it die.
    for (const id of await client.hkeys('{promhive}:ledgers'))
      if (id !== joined.flusher.writer && id !== 'later') await client.zadd('{promhive}:beats', 0, id)
    await new Folding(service).run(new Slices())
    joined.count(1)
    await joined.flush()
    const after = await reader.read()
    expect(after.value(`jobs_total{${sample}}`)).toBe(2111)
    expect(after.value('jobs_total{text="removed"}')).toBeUndefined()
    expect(after.value('jobs_total{text="a"}')).toBe(20_001)
    expect(after.value(`duration_seconds_count{${sample}}`)).toBe(12)
    expect(after.value(`level_livesum{${sample}}`)).toBeUndefined()
    expect(await client.hget('{promhive}:ledgers', 'later')).toBe(later)
  })
})
