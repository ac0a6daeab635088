import type { Sample, SampleFamily } from '../../model/family.js'
import { monotonicNow } from '../../platform/timers.js'
import { isWriter } from './entry.js'
import type { ServiceSnapshots } from './service-snapshots.js'

/**
 * Returns families about the service itself, which are the same in every process that reads it. While Redis is
 * unavailable, ages grow by the clock of this process.
 */
export function serviceFamilies(snapshots: ServiceSnapshots): readonly SampleFamily[] {
  /** Milliseconds since the last flush of each live writer. */
  const ages: number[] = []
  let dead = 0
  for (const snapshot of snapshots.all) {
    const now = snapshot.now + (monotonicNow() - snapshot.readAt)
    for (const [id, { facts }] of snapshot.entries) {
      if (!isWriter(facts)) continue
      if (snapshot.isLive(id)) ages.push(Math.max(0, now - snapshot.heardAt(id)))
      else dead++
    }
  }
  const newest = ages.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) / 1000
  const oldest = ages.reduce((a, b) => Math.max(a, b), 0) / 1000
  const extremes = ages.length === 0 ? [] : [sample({ writer: 'newest' }, newest), sample({ writer: 'oldest' }, oldest)]
  return [
    family('promhive_redis_writers', 'Writers in Redis: live, and dead ones whose counts are not in the totals yet.', [
      sample({ state: 'live' }, ages.length),
      sample({ state: 'dead' }, dead),
    ]),
    family(
      'promhive_redis_last_flush_age_seconds',
      'Time since Redis last acknowledged a flush, of the live writer that flushed last (newest) and longest ago (oldest).',
      extremes,
    ),
    family('promhive_redis_unreadable_entries', 'Entries in Redis that this version cannot read.', [
      sample({}, snapshots.unreadable),
    ]),
    family(
      'promhive_redis_folds_total',
      'Times that counts of dead processes were added to the totals.',
      [sample({}, snapshots.folds)],
      'counter',
    ),
    family('promhive_redis_shards', 'Shards of the service that are read.', [sample({}, snapshots.all.length)]),
  ]
}

type SelfSample = Omit<Sample, 'name'>

function sample(labels: Readonly<Record<string, string>>, value: number): SelfSample {
  return { labels, value }
}

function family(
  name: string,
  help: string,
  readings: readonly SelfSample[],
  type: 'gauge' | 'counter' = 'gauge',
): SampleFamily {
  return { type, name, help, samples: readings.map((reading) => ({ name, ...reading })) }
}
