import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect } from 'vitest'
import { layoutOf } from '../../../src/model/layout/layout-of.js'
import { ringOf } from '../../../src/model/layout/summary.js'
import { windowedSlots } from '../../../src/model/layout/windowed-summary.js'
import { overClient } from '../../../src/store/redis/clients.js'
import type { WriterFacts } from '../../../src/store/redis/entry.js'
import { Flusher } from '../../../src/store/redis/flusher.js'
import { HostImage } from '../../../src/store/redis/host-image.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { ServiceSnapshot } from '../../../src/store/redis/service-snapshot.js'
import { counterFamily, gaugeFamily } from '../../../src/testing/families.js'
import { summaryFamily } from '../../helpers/families.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { hasRedis, RedisServer } from '../../helpers/redis/redis-server.js'
import { noPause, restless, TestWriter } from '../../helpers/writers.js'

const jobs = counterFamily('jobs_total', { labelNames: ['queue'] })
const facts: WriterFacts = { kind: 'host', instance: 'host', startedAt: 1, epoch: 1 }
const queues = 300
/** A window of 100 s in five parts. */
const lately = summaryFamily('lately', { quantiles: [0.5], window: { maxAgeSeconds: 100, ageBuckets: 5 } })
const ring = ringOf(lately)!

describe.skipIf(!hasRedis)('what the processes of a host have counted', () => {
  test('is flushed as a whole, even if it is built in many slices', async ({ stage }) => {
    const image = new HostImage()
    const { flusher, seen } = await redisOf(stage, image)
    const writers = [new TestWriter(1), new TestWriter(2)]
    for (const writer of writers) for (let i = 0; i < queues; i++) writer.open(jobs, [String(i)], [i + 1])
    const pause = restless()
    const updating = image.update(writers, pause)
    // Begun while the image is half built: the first half is already zero, and the rest would be missing.
    await flusher.flush()
    await updating
    expect(pause.rests).toBeGreaterThanOrEqual(2 * queues)
    expect(await seen()).toEqual(Array.from({ length: queues }, (_, i) => 2 * (i + 1)))
  })

  test('is at no moment shown under the name of what its slots had before', async ({ stage }) => {
    const image = new HostImage()
    const { flusher, seen } = await redisOf(stage, image)
    const writer = new TestWriter(1)
    const slots = Array.from({ length: queues }, (_, i) => writer.open(jobs, [String(i)], [1_000]))
    await image.update([writer], noPause)
    await flusher.flush()
    // Every slot changes hands.
    for (const [i, slot] of slots.entries()) {
      writer.remove(jobs, [String(i)], slot)
      writer.reopen(jobs, [`again ${i}`], slot)
      writer.values[slot] = 1
    }
    const updating = image.update([writer], restless())
    await flusher.flush()
    expect(await seen()).toEqual(Array(queues).fill(1))
    await updating
  })
})

test('a series that all processes of a host lost is sent as removed, however soon one of them counts in it again', async () => {
  const writers = [new TestWriter(1), new TestWriter(2), new TestWriter(3)]
  const image = new HostImage()
  for (const [i, writer] of writers.entries()) writer.open(jobs, ['all'], [10 ** i])
  await image.update(writers, noPause)
  expect(told(image)).toEqual(['o 0 0 0 ["all"]'])
  for (const writer of writers) writer.remove(jobs, ['all'], 0)
  // In the middle of the others, and before any reading.
  writers[1]!.open(jobs, ['all'], [3])
  writers[1]!.values[0] = 0
  await image.update(writers, noPause)
  expect(told(image)).toEqual(['r 0 0 0 ["all"]', expect.stringMatching(/^o 0 0 \d+ \["all"\]$/)])
  const { segment, at } = image.ledger.get(jobs, '["all"]')!.run
  expect(segment.values[at]).toBe(3)
})

test('a series that one process of a host has removed for itself stays that of the others', async () => {
  const writers = [new TestWriter(1), new TestWriter(2)]
  const image = new HostImage()
  for (const writer of writers) writer.open(jobs, ['all'], [5])
  await image.update(writers, noPause)
  told(image)
  writers[0]!.remove(jobs, ['all'], 0)
  writers[0]!.reopen(jobs, ['all'], 0)
  writers[0]!.values[0] = 1
  await image.update(writers, noPause)
  expect(told(image)).toEqual([])
  const { segment, at } = image.ledger.get(jobs, '["all"]')!.run
  expect(segment.values[at]).toBe(6)
})

test('counts of a sliding window that Redis stores elsewhere are subtracted, bucket by bucket, for the next leader as well', async () => {
  const now = Date.now()
  const writer = new TestWriter(3)
  const at = writer.open(lately, [], new Array<number>(layoutOf(lately).width).fill(0))
  const observe = (times: number, when: number): void => {
    const interval = ring.intervalAt(when)
    const words = new Int32Array(writer.values.buffer)
    for (let i = 0; i < times; i++) {
      writer.values[at + windowedSlots.sum]! += 2
      writer.values[at + windowedSlots.count]! += 1
      ring.count(writer.values, words, at + windowedSlots.ring + ring.offsetOf(interval), interval, 7)
    }
  }
  const image = new HostImage()
  const counted = ({ ledger }: HostImage): number[] => {
    const { segment, at: slot } = ledger.get(lately, '[]', 3)!.run
    const merged = new Float64Array(layoutOf(lately).mergedWidth)
    layoutOf(lately).combine(merged, 0, segment.values, slot, { live: true, epoch: 1, now })
    return [merged[0]!, merged[1]!, merged[2 + 7]!]
  }
  observe(10, now)
  await image.update([writer], noPause)
  told(image)
  expect(counted(image)).toEqual([20, 10, 10])
  observe(1, now)
  await image.update([writer], noPause)
  image.forgetSent()
  expect(counted(image)).toEqual([2, 1, 1])
  told(image)
  observe(5, now)
  observe(3, now - 30_000)
  await image.update([writer], noPause)
  expect(counted(image)).toEqual([18, 9, 9])
  told(image)
  // A second time, and what the next leader of the host reads of it.
  const elsewhere = image.forgetSent()
  expect(counted(image)).toEqual([0, 0, 0])
  const next = new HostImage()
  next.count(JSON.parse(JSON.stringify(elsewhere)) as typeof elsewhere)
  observe(2, now)
  await next.update([writer], noPause)
  expect(counted(next)).toEqual([4, 2, 2])
  // A series that begins again has nothing elsewhere.
  writer.remove(lately, [], at)
  writer.values.fill(0)
  writer.reopen(lately, [], at)
  observe(1, now)
  await next.update([writer], noPause)
  expect(counted(next)).toEqual([2, 1, 1])
})

test('the sum of a gauge that Redis stores elsewhere is subtracted, for the next leader as well', async () => {
  const workers = gaugeFamily('workers', 'sum', { labelNames: [] })
  const layout = layoutOf(workers)
  const writer = new TestWriter(3)
  // Its owner has the epoch 1, and its predecessor left 2.
  const at = writer.open(workers, [], [2, 5, 2, 0, 0])
  const image = new HostImage()
  const shown = ({ ledger }: HostImage): number => {
    const { segment, at: slot } = ledger.get(workers, '[]', 3)!.run
    const merged = new Float64Array(layout.mergedWidth)
    layout.combine(merged, 0, segment.values, slot, { live: true, epoch: 1, now: Date.now() })
    return merged[1]!
  }
  await image.update([writer], noPause)
  told(image)
  expect(shown(image)).toBe(7)
  // Redis has 7 in its totals: what the host adds begins at zero.
  image.forgetSent()
  expect(shown(image)).toBe(0)
  told(image)
  writer.values[at + 1] = 9
  await image.update([writer], noPause)
  told(image)
  expect(shown(image)).toBe(4)
  const elsewhere = image.forgetSent()
  expect(shown(image)).toBe(0)
  const next = new HostImage()
  next.count(JSON.parse(JSON.stringify(elsewhere)) as typeof elsewhere)
  writer.values[at + 1] = 10
  await next.update([writer], noPause)
  expect(shown(next)).toBe(1)
})

/** The lines about series in the next flush. */
function told(image: HostImage): string[] {
  const change = image.ledger.change()
  image.ledger.taken(change)
  const text = Buffer.concat(change.names.map(({ bytes }) => bytes)).toString()
  // Without the moment at which a series began.
  return text.split('\n').flatMap((line) => (/^[or] /.test(line) ? line.replace(/^(o \d+ \d+ \d+) \S+/, '$1') : []))
}

/** A flusher of an image, and what others see in Redis: the values in the order of their slots. */
async function redisOf(stage: Stage, image: HostImage): Promise<{ flusher: Flusher; seen(): Promise<number[]> }> {
  const server = await RedisServer.start(stage)
  const client = new Redis(server.url)
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  const places = { keys: new Keys(randomUUID()), connection: overClient(client), deadAfter: 60_000, expire: 60_000 }
  const options = { ...places, timeout: 30_000 }
  const flushed = {
    get ledger() {
      return image.ledger
    },
    get changing() {
      return image.updating
    },
    facts: () => facts,
    unsent: [],
    removed() {},
    folded() {},
  }
  const shelf = new ServiceSnapshot(options)
  return {
    flusher: new Flusher(flushed, { ...options, writer: 'host:host:run' }),
    async seen() {
      await shelf.read(noPause)
      const { values, names } = [...shelf.ledgers.values()][0]!
      const log = names.log()
      const open = new Map<string, number>()
      for (let i = 0; i < log.length; i++) {
        if (log.kinds[i] === 0) open.set(log.keyOf[i]!, log.slotOf[i]!)
        else open.delete(log.keyOf[i]!)
      }
      return [...open.values()].sort((a, b) => a - b).map((slot) => values[slot]!)
    },
  }
}
