import { reasonOf } from '../../model/errors.js'
import { Slices } from '../../platform/slices.js'
import { isWriter } from '../../store/redis/entry.js'
import { Keys } from '../../store/redis/keys.js'
import type { ServiceSnapshots } from '../../store/redis/service-snapshots.js'
import type { Send } from '../redis/commands.js'
import { openService } from '../redis/open-service.js'
import type { RedisTarget } from '../redis/redis-arguments.js'
import { type Finding, fail, ok, warn } from './finding.js'
import { mebibytes } from './redis-check.js'
import { checkScrape } from './scrape-check.js'

/** The number of ledgers that are measured; the others are assumed to be similar. */
const weighed = 300
/** The maximum number of keys that are scanned for other prefixes. */
const mostKeys = 20_000

/** Checks the service under the prefix: its writers, unreadable entries, its size, and what a scrape shows. */
export async function checkService(target: RedisTarget, send: Send): Promise<Finding[]> {
  const service = openService(target)
  try {
    const snapshots = service.snapshots()
    await snapshots.read(new Slices())
    return [
      ...(await writers(snapshots, target, send)),
      ...unreadable(snapshots),
      ...(await size(snapshots, target, send)),
      ...(await checkScrape(service.openSource())),
    ]
  } catch (cause) {
    return [fail('service', `the service cannot be read: ${reasonOf(cause)}`, 'see the findings above')]
  } finally {
    await service.close()
  }
}

async function writers(snapshots: ServiceSnapshots, { settings }: RedisTarget, send: Send): Promise<Finding[]> {
  let [live, dead] = [0, 0]
  for (const snapshot of snapshots.all) {
    const all = [...snapshot.entries].filter(([, { facts }]) => isWriter(facts))
    const alive = all.filter(([id]) => snapshot.isLive(id)).length
    live += alive
    dead += all.length - alive
  }
  const shards = snapshots.all.length === 1 ? '' : `, in ${snapshots.all.length} shards`
  const text = `${live} alive, ${dead} dead${shards}`
  if (snapshots.all.every(({ entries }) => entries.size === 0)) {
    const others = await prefixes(send, settings.keyPrefix)
    const otherPrefixes = others.length === 0 ? '' : `; this server has ${others.join(', ')}`
    return [
      warn(
        'writers',
        `nothing counts under ${settings.keyPrefix}${otherPrefixes}`,
        'compare --prefix with keyPrefix of the application',
      ),
    ]
  }
  if (dead > 0 && live === 0) {
    return [warn('writers', text, 'promhive serve --redis adds the counts of the dead to the totals')]
  }
  if (dead > 0)
    return [warn('writers', text, 'normal within seconds of an end; if they stay, look for FLUSH_FAILED in the logs')]
  return [ok('writers', text)]
}

/** Finds prefixes of other services; none if the user may not run SCAN. */
async function prefixes(send: Send, keyPrefix: string): Promise<string[]> {
  const otherPrefixes = new Set<string>()
  let cursor = '0'
  try {
    for (let looked = 0; looked < mostKeys; looked += 1000) {
      const [next, keys] = (await send('SCAN', cursor, 'MATCH', '*:ledgers', 'COUNT', '1000')) as [string, string[]]
      for (const key of keys)
        if (key !== new Keys(keyPrefix).ledgers) otherPrefixes.add(key.slice(0, -':ledgers'.length))
      cursor = String(next)
      if (cursor === '0') break
    }
  } catch {
    // SCAN is not among the permissions that promhive needs.
  }
  return [...otherPrefixes].slice(0, 5)
}

function unreadable({ unreadable }: ServiceSnapshots): Finding[] {
  if (unreadable === 0) return []
  const text = `${unreadable} entries cannot be read, and are skipped`
  return [
    warn('entries', text, 'let all processes run the same version of promhive; remove what another program wrote'),
  ]
}

async function size(snapshots: ServiceSnapshots, { settings }: RedisTarget, send: Send): Promise<Finding[]> {
  const shards = snapshots.all.map(({ entries }, shard) => {
    return { keys: new Keys(settings.keyPrefix, shard), ids: [...entries.keys()] }
  })
  const count = sum(shards.map(({ ids }) => ids.length))
  const some = shards.flatMap(({ keys, ids }) => ids.map((id) => keys.of(id))).slice(0, weighed)
  try {
    const weigh = async (key: string): Promise<number> => Number((await send('MEMORY', 'USAGE', key)) ?? 0)
    const sharedSizes = await Promise.all(shards.flatMap(({ keys }) => keys.shared).map(weigh))
    const writerSizes = await Promise.all(some.flat().map(weigh))
    const total = sum(sharedSizes) + (sum(writerSizes) * count) / Math.max(1, some.length)
    const ledgers = snapshots.all.flatMap((snapshot) => [...snapshot.ledgers.values()])
    const series = Math.max(
      1,
      ledgers.reduce((all, each) => all + seriesOf(each.snapshots(true)), 0),
    )
    return [
      ok('size', `${mebibytes(total)} under the prefix, ${Math.round(total / series)} bytes per series and process`),
    ]
  } catch {
    return [ok('size', 'not known: the user may not run MEMORY USAGE')]
  }
}

function seriesOf(snapshots: readonly { readonly log: { readonly length: number } }[]): number {
  return snapshots.reduce((all, { log }) => all + log.length, 0)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
