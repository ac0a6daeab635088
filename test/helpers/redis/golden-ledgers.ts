import type { Redis } from 'ioredis'
import { refOfKey } from '../../../src/model/series-ref.js'
import { Slices } from '../../../src/platform/slices.js'
import type { WriterFacts } from '../../../src/store/redis/entry.js'
import { Flusher } from '../../../src/store/redis/flusher.js'
import { Folding } from '../../../src/store/redis/fold.js'
import { Ledger } from '../../../src/store/redis/ledger.js'
import { RedisStore } from '../../../src/store/redis/redis-store.js'
import type { ServiceSnapshotOptions } from '../../../src/store/redis/service-snapshot.js'
import { counterOf, gaugeOf, histogramOf } from '../../../src/testing/counted.js'
import { counterFamily, histogramFamily } from '../../../src/testing/families.js'

const jobs = counterFamily('jobs_total')
const seconds = histogramFamily('duration_seconds', [1, 10])
const series = JSON.stringify(['a "b" ü\n'])

/** The content of Redis, without the parts that differ from one run to the next: times and random IDs. */
export interface GoldenLedgers {
  readonly state: Readonly<Record<string, string>>
  readonly removals: readonly string[]
  /** Writers with a beat. */
  readonly live: readonly string[]
  readonly ledgers: Readonly<Record<string, GoldenLedger>>
}

interface GoldenLedger {
  readonly entry: string
  /** Float64 in the byte order of the machine, which is little-endian. */
  readonly values: readonly string[]
  readonly names: readonly string[]
  readonly exemplars: Readonly<Record<string, string>>
}

/** A service of two writers, a host, what two dead writers left, and a removal that not every writer has taken. */
export async function writeGoldenService(options: ServiceSnapshotOptions): Promise<void> {
  const writers = ['one', 'two', 'dead', 'kept'].map((name) => {
    const store = new RedisStore({
      writer: `${name}-1-0~golden`,
      onRemoved() {},
      announce() {},
      flush: async () => {},
    })
    const facts: WriterFacts = { kind: 'writer', instance: name, startedAt: 1, epoch: 1, process: `${name}-1` }
    return { name, store, flusher: flusherOf(options, store.writer, store.ledger, facts, store.unsent) }
  })
  for (const [i, { name, store, flusher }] of writers.entries()) {
    counterOf({ store }, jobs, series).inc(10 ** i)
    counterOf({ store }, jobs, JSON.stringify(['removed'])).inc(5)
    const durations = histogramOf({ store }, seconds, series)
    for (const value of [0.5, 2, 20]) durations.observe(value)
    store.setExemplar(jobs, refOfKey(series), 0, { labels: { trace: name }, value: 1, timestamp: 1 })
    for (const mode of ['sum', 'max', 'all', 'mostrecent', 'livesum'] as const)
      gaugeOf({ store }, `level_${mode}`, mode, series).set(i + 1)
    await flusher.flush()
  }
  for (const { flusher } of writers.slice(2)) await flusher.leave()
  await new Folding(options).run(new Slices())
  const ledger = new Ledger()
  const parts = [{ part: 1, live: true, epoch: 1, startedAt: 1, process: 'host-1' }]
  ledger.open(jobs, series).run.segment.values.fill(1000, 0, 1)
  await flusherOf(options, 'host:h:run', ledger, { kind: 'host', instance: 'h', startedAt: 1, epoch: 1, parts }).flush()
  const [one] = writers
  one!.store.remove(jobs, { text: 'removed' }, 'application')
  await one!.flusher.flush()
}

export async function dumpLedgers(client: Redis): Promise<GoldenLedgers> {
  const key = (name: string) => `{promhive}:${name}`
  const state = await client.hgetall(key('state'))
  const base = Number(state.removed)
  const ids = (await client.hkeys(key('ledgers'))).sort()
  const ledgers: Record<string, GoldenLedger> = {}
  const live: string[] = []
  for (const id of ids) {
    const [version, seat, seen, edition, exemplars, ...facts] = (await client.hget(key('ledgers'), id))!.split(' ')
    if (Number(await client.zscore(key('beats'), id)) > 0) live.push(id)
    const numbers = [counted(version!), seat, Number(seen) - base, counted(edition!), exemplars]
    const bytes = (await client.getBuffer(key(`${id}:values`)))!
    const values = new Float64Array(Uint8Array.from(bytes).buffer)
    ledgers[id] = {
      entry: [...numbers, ...facts].join(' ').replace(/"origin":"[^"]+"/, '"origin":"1"'),
      values: Array.from(values, withoutTime),
      names: (await client.get(key(`${id}:names`)))!.split('\n').slice(0, -1),
      exemplars: await client.hgetall(key(`${id}:exemplars`)),
    }
  }
  const removals = await client.lrange(key('removals'), 0, -1)
  return { state: { format: state.format!, removed: '0' }, removals, live, ledgers }
}

/** Writes a dump into an empty Redis, as if its writers had just flushed. */
export async function restoreLedgers(client: Redis, { state, removals, live, ledgers }: GoldenLedgers): Promise<void> {
  const key = (name: string) => `{promhive}:${name}`
  await client.hset(key('state'), { ...state, born: 'golden', last: Date.now() })
  await client.rpush(key('removals'), ...removals)
  for (const [id, { entry, values, names, exemplars }] of Object.entries(ledgers)) {
    await client.hset(key('ledgers'), id, entry)
    if (live.includes(id)) await client.zadd(key('beats'), Date.now(), id)
    await client.set(key(`${id}:values`), Buffer.from(Float64Array.from(values, Number).buffer))
    await client.set(key(`${id}:names`), names.map((line) => `${line}\n`).join(''))
    if (Object.keys(exemplars).length > 0) await client.hset(key(`${id}:exemplars`), exemplars)
  }
}

function flusherOf(
  options: ServiceSnapshotOptions,
  writer: string,
  ledger: Ledger,
  facts: WriterFacts,
  unsent: RedisStore['unsent'] = [],
): Flusher {
  return new Flusher({ ledger, facts: () => facts, unsent, removed() {}, folded() {} }, { ...options, writer })
}

/** When a gauge of mode mostrecent was set. */
function withoutTime(value: number): string {
  return value > 1e9 && value < 1e10 ? '1700000000' : String(value)
}

/** Versions and editions of the ledgers of dead processes are times. */
function counted(number: string): string {
  return number.length > 9 ? '1000' : number
}
