import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { shardTag } from './shard-tag.js'

/**
 * The keys of one shard of a service. All have one hash tag, so a cluster stores them on one server and a script can
 * access all of them.
 */
export class Keys {
  /** Hash: each ledger, and the facts about it that are read before its content. */
  readonly ledgers: string
  /** Sorted set: each writer, and the time of its last sign of life, in milliseconds of the server's clock. */
  readonly beats: string
  /** Hash: the time of the last sign of life of any writer, and the position of the last removal. */
  readonly state: string
  /** List: the removals from the whole application, in order. */
  readonly removals: string
  /** Hash: writers whose numbers were added to the totals, and the version that was added. */
  readonly folded: string
  /** List: of the writers in `folded`, those that may come back, in order: ID, version, and when it was added. */
  readonly tombstones: string
  /** Hash: the entries of the ledgers that a process restores, until they are complete. */
  readonly stagedEntries: string
  /** List: the tombstones that it restores. */
  readonly stagedTombstones: string
  /** Sorted set: the writers that have a seat, by its number. */
  readonly seats: string
  private readonly prefix: string

  /** @param shard the shard of the service, from 0 on; shard 0 uses the prefix unchanged */
  constructor(keyPrefix: string, shard = 0) {
    if (typeof keyPrefix !== 'string' || keyPrefix === '' || keyPrefix.length > 200) {
      throw new MetricsError('OPTION_INVALID', `redis: keyPrefix must be a short text, got ${describe(keyPrefix)}`)
    }
    // A prefix that contains a hash tag determines the server of a cluster itself.
    const prefix = /\{[^}]+\}/.test(keyPrefix) ? keyPrefix : `{${keyPrefix.replaceAll(/[{}]/g, '')}}`
    this.prefix = shard === 0 ? prefix : prefix.replace(/\{([^}]+)\}/, (_, tag: string) => `{${shardTag(tag, shard)}}`)
    this.ledgers = `${this.prefix}:ledgers`
    this.beats = `${this.prefix}:beats`
    this.state = `${this.prefix}:state`
    this.removals = `${this.prefix}:removals`
    this.folded = `${this.prefix}:folded`
    this.tombstones = `${this.prefix}:tombstones`
    this.stagedEntries = `${this.prefix}:restoring:entries`
    this.stagedTombstones = `${this.prefix}:restoring:tombstones`
    this.seats = `${this.prefix}:seats`
  }

  get shared(): readonly string[] {
    return [this.ledgers, this.beats, this.state, this.removals, this.folded]
  }

  /** Returns the keys of one ledger: its slots, their names, and its exemplars. */
  of(ledger: string): readonly [values: string, names: string, exemplars: string] {
    const base = `${this.prefix}:${ledger}`
    return [`${base}:values`, `${base}:names`, `${base}:exemplars`]
  }

  /** Returns the key of the pieces of a change that is being sent. */
  pending(ledger: string): string {
    return `${this.prefix}:${ledger}:pending`
  }

  /** Returns the key of the pieces of a ledger that a process restores, while its writer may send its own. */
  restoring(ledger: string): string {
    return `${this.prefix}:${ledger}:restoring`
  }

  /** Returns the key of a hash: the last batch of removals that was added from a queue. */
  removing(queue: string): string {
    return `${this.prefix}:removing:${queue}`
  }

  /** Returns the key of the process that does a task for all. */
  task(name: string): string {
    return `${this.prefix}:task:${name}`
  }
}
