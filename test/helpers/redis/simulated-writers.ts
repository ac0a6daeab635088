import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { layoutOf } from '../../../src/model/layout/layout-of.js'
import { refOf } from '../../../src/model/series-ref.js'
import { overClient } from '../../../src/store/redis/clients.js'
import type { WriterFacts } from '../../../src/store/redis/entry.js'
import { Flusher } from '../../../src/store/redis/flusher.js'
import { Keys } from '../../../src/store/redis/keys.js'
import { RedisStore } from '../../../src/store/redis/redis-store.js'
import { ServiceSnapshot, type ServiceSnapshotOptions } from '../../../src/store/redis/service-snapshot.js'
import { counterFamily } from '../../../src/testing/families.js'
import { type ScrapedSeries, SourceReader } from '../../../src/testing/reading.js'
import type { Stage } from '../processes/stage.js'

const jobs = counterFamily('jobs_total')

/** What simulated writers and readers share: a connection of their own, and the settings. */
export function simulatedService(
  stage: Stage,
  url: string,
  more: Partial<ServiceSnapshotOptions> = {},
): ServiceSnapshotOptions {
  const client = new Redis(url)
  client.on('error', () => {})
  stage.after(() => client.disconnect())
  const connection = overClient(client)
  return { keys: new Keys('promhive'), connection, deadAfter: 15_000, expire: 3_600_000, timeout: 30_000, ...more }
}

/** A writer without its own process, timers or connection: it flushes when the test calls it. */
export class SimulatedWriter {
  readonly store: RedisStore
  readonly flusher: Flusher
  /** Its counts, and those that Redis has acknowledged. */
  counted = 0
  acknowledged = 0

  constructor(options: ServiceSnapshotOptions, instance = 'host') {
    const writer = `${instance}-0-0~${randomUUID()}`
    this.store = new RedisStore({
      writer,
      onRemoved() {},
      announce() {},
      flush: async () => {},
    })
    const { store } = this
    const { ledger, unsent } = store
    const facts = (): WriterFacts => ({ kind: 'writer', instance, startedAt: 1, epoch: 1, process: instance })
    const flushed = {
      ledger,
      unsent,
      facts,
      removed: (removals: Parameters<RedisStore['removed']>[0]) => store.removed(removals),
      folded(next: string) {
        store.writer = next
        store.forgetSent()
      },
    }
    this.flusher = new Flusher(flushed, { ...options, writer })
  }

  count(amount = 1, text = 'a', family: FamilyDescriptor = jobs): void {
    const { values, at } = this.store.open(family, refOf([text]))
    values[at + (layoutOf(family).additiveFrom ?? 0)]! += amount
    this.counted += amount
  }

  async flush(): Promise<void> {
    const { counted } = this
    await this.flusher.flush()
    this.acknowledged = counted
  }

  async leave(): Promise<void> {
    await this.flusher.leave()
    this.acknowledged = this.counted
  }
}

/** Flushes them, some at a time, as processes do that do not start in the same millisecond. */
export async function flushAll(writers: readonly SimulatedWriter[]): Promise<void> {
  const atOnce = 200
  for (let from = 0; from < writers.length; from += atOnce)
    await Promise.all(writers.slice(from, from + atOnce).map((writer) => writer.flush()))
}

/** A process that only scrapes. */
export class SimulatedReader {
  readonly shelf: ServiceSnapshot
  private readonly reader: SourceReader

  constructor(options: ServiceSnapshotOptions) {
    this.shelf = new ServiceSnapshot(options)
    this.reader = new SourceReader({
      read: async (pause) => {
        await this.shelf.read(pause)
        return { writers: this.shelf.snapshots(() => true), errors: [] }
      },
      close() {},
    })
  }

  read(): Promise<ScrapedSeries> {
    return this.reader.read()
  }

  async total(name = 'jobs_total'): Promise<number> {
    return (await this.read()).total(name)
  }
}
