import type { Sample, SampleFamily } from '../../model/family.js'
import { monotonicNow } from '../../runtime/timers.js'
import { isWriter } from './entry.js'
import type { Shelf } from './shelf.js'

/**
 * What Redis knows of the service itself: the same from every process that reads it. While Redis is away, the ages grow by
 * the clock of this process.
 */
export function serviceFamilies(shelf: Shelf, shards = 1): readonly SampleFamily[] {
  const heard: number[] = []
  let dead = 0
  for (const [id, { facts }] of shelf.entries) {
    if (!isWriter(facts)) continue
    if (shelf.isLive(id)) heard.push(shelf.heardAt(id))
    else dead++
  }
  const now = shelf.now + (monotonicNow() - shelf.readAt)
  const age = (at: number): number => Math.max(0, now - at) / 1000
  const newest = heard.reduce((a, b) => Math.max(a, b), 0)
  const oldest = heard.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const ages =
    heard.length === 0 ? [] : [sample({ writer: 'newest' }, age(newest)), sample({ writer: 'oldest' }, age(oldest))]
  return [
    family('promhive_redis_writers', 'Writers in Redis: live, and dead ones whose counts are not in the totals yet.', [
      sample({ state: 'live' }, heard.length),
      sample({ state: 'dead' }, dead),
    ]),
    family(
      'promhive_redis_last_flush_age_seconds',
      'Time since Redis last acknowledged a flush, of the live writer that flushed last (newest) and longest ago (oldest).',
      ages,
    ),
    family('promhive_redis_unreadable_entries', 'Entries in Redis that this version cannot read.', [
      sample({}, shelf.unreadable),
    ]),
    family(
      'promhive_redis_folds_total',
      'Times that counts of dead processes were added to the totals.',
      [sample({}, shelf.folds)],
      'counter',
    ),
    family('promhive_redis_shards', 'Shards over which the service spreads its writers.', [sample({}, shards)]),
  ]
}

type Reading = Omit<Sample, 'name'>

function sample(labels: Readonly<Record<string, string>>, value: number): Reading {
  return { labels, value }
}

function family(
  name: string,
  help: string,
  readings: readonly Reading[],
  type: 'gauge' | 'counter' = 'gauge',
): SampleFamily {
  return { type, name, help, samples: readings.map((reading) => ({ name, ...reading })) }
}
