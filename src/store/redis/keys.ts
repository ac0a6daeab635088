import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { shardTag } from './shard-tag.js'

/** The keys of one shard of a service: all with one hash tag, so that a cluster keeps them on one shard and a script sees them all. */
export class Keys {
  /** Hash: each ledger, and what is to be known of it before it is read. */
  readonly ledgers: string
  /** Sorted set: each writer, and the time of its last sign of life, in milliseconds of the server's clock. */
  readonly beats: string
  /** Hash: the time of the last sign of life of any writer, and how far the removals go. */
  readonly state: string
  /** List: what was removed for the whole application, in order. */
  readonly removals: string
  /** Hash: writers whose numbers were added to the totals, and the version that was added. */
  readonly folded: string
  /** Sorted set: the writers that have a seat, by its number. */
  readonly seats: string
  private readonly prefix: string

  /** @param shard the shard of the service, from 0 on; shard 0 has the prefix itself */
  constructor(keyPrefix: string, shard = 0) {
    if (typeof keyPrefix !== 'string' || keyPrefix === '' || keyPrefix.length > 200) {
      throw new MetricsError('OPTION_INVALID', `redis: keyPrefix must be a short text, got ${describe(keyPrefix)}`)
    }
    // A prefix that has a hash tag of its own chooses the shard itself.
    const prefix = /\{[^}]+\}/.test(keyPrefix) ? keyPrefix : `{${keyPrefix.replaceAll(/[{}]/g, '')}}`
    this.prefix = shard === 0 ? prefix : prefix.replace(/\{([^}]+)\}/, (_, tag: string) => `{${shardTag(tag, shard)}}`)
    this.ledgers = `${this.prefix}:ledgers`
    this.beats = `${this.prefix}:beats`
    this.state = `${this.prefix}:state`
    this.removals = `${this.prefix}:removals`
    this.folded = `${this.prefix}:folded`
    this.seats = `${this.prefix}:seats`
  }

  get shared(): readonly string[] {
    return [this.ledgers, this.beats, this.state, this.removals, this.folded]
  }

  /** The keys of one ledger: its slots, the names to them, its exemplars. */
  of(ledger: string): readonly [values: string, names: string, exemplars: string] {
    const base = `${this.prefix}:${ledger}`
    return [`${base}:values`, `${base}:names`, `${base}:exemplars`]
  }

  /** The pieces of a change of the ledger that is on its way. */
  pending(ledger: string): string {
    return `${this.prefix}:${ledger}:pending`
  }

  /** The pieces of the ledger that a process restores, while its writer may send its own. */
  restoring(ledger: string): string {
    return `${this.prefix}:${ledger}:restoring`
  }

  /** Hash: the last batch of removals that was added from a queue. */
  removing(queue: string): string {
    return `${this.prefix}:removing:${queue}`
  }
}
