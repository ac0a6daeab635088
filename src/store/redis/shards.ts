import { monotonicNow } from '../../platform/timers.js'
import { ask } from './ask.js'
import type { Flushed } from './flusher.js'
import { Keys } from './keys.js'
import type { ScriptConnection } from './script.js'
import { enlist } from './shard-scripts.js'
import { shardOf } from './shard-tag.js'

export interface ShardsOptions {
  readonly keyPrefix: string
  /** The number of shards over which this process spreads its writers. */
  readonly shards: number
  readonly connection: ScriptConnection
  /** Milliseconds. */
  readonly expire: number
  /** Timeout of one call, in milliseconds. */
  readonly timeout: number
}

/**
 * The shards of a service. Each has its own keys, with its own hash tag. Processes may be configured with different
 * numbers of shards. The highest number is recorded in shard 0 and never decreases, and all recorded shards are read.
 */
export class Shards {
  private readonly keys: Keys[] = []
  private known: number
  private recording: Promise<void> | undefined
  /** The last number that shard 0 returned, and the monotonic time of that answer. */
  private recorded = 1
  private recordedAt = -Infinity

  constructor(private readonly options: ShardsOptions) {
    this.known = options.shards
    // Checks the prefix.
    this.of(0)
  }

  /** The number of shards that this process knows. */
  get count(): number {
    return this.known
  }

  /** Returns the keys of a shard. */
  of(shard: number): Keys {
    const { keyPrefix } = this.options
    this.keys[shard] ??= new Keys(keyPrefix, shard)
    return this.keys[shard]
  }

  /** The keys of all shards. */
  get all(): readonly Keys[] {
    return Array.from({ length: this.known }, (_, shard) => this.of(shard))
  }

  /** Returns the shard of a new writer of this process. */
  shardOf(writer: string): number {
    return shardOf(writer, this.options.shards)
  }

  /** Applies the number that shard 0 has; if a server has lost it, it is recorded again. */
  learn(recorded: number): void {
    this.extend(recorded)
    if (recorded < this.known) this.record().catch(() => {})
  }

  /** Raises the known number of shards. */
  extend(count: number): void {
    if (count > this.known && count <= mostShards) this.known = count
  }

  /** Returns what a writer must await before it sends its first count to a shard, because readers must know the shard. */
  admission(shard: number): Promise<void> | undefined {
    return shard < this.recorded ? undefined : this.record()
  }

  /**
   * Wraps a ledger so that nothing of it is sent to a shard which readers do not know.
   *
   * @param shard returns the shard of its writer
   */
  admitted(flushed: Flushed, shard: () => number): Flushed {
    const admission = (): Promise<void> | undefined => this.admission(shard())
    return Object.defineProperty(Object.create(flushed), 'changing', { get: () => flushed.changing ?? admission() })
  }

  /** Records the number of shards in shard 0, and applies its answer. Rejects if shard 0 does not answer. */
  record(): Promise<void> {
    if (this.recording === undefined) {
      this.recording = this.enlist().finally(() => {
        this.recording = undefined
      })
      this.recording.catch(() => {})
    }
    return this.recording
  }

  /**
   * Records the number again if the last time is longer ago than an interval, because a server may have lost it and the
   * writers of the other shards do not notice that.
   *
   * @param interval in milliseconds
   */
  refresh(interval: number): void {
    if (this.known > 1 && monotonicNow() - this.recordedAt > interval) this.record().catch(() => {})
  }

  private async enlist(): Promise<void> {
    const { expire } = this.options
    this.recordedAt = monotonicNow()
    const words = [String(this.known), String(expire)]
    const recorded = Number(await ask(this.options, enlist, [this.of(0).state], words))
    this.recorded = recorded
    this.extend(recorded)
  }
}

/** Redis recommends at most 1000 nodes in a cluster. */
export const mostShards = 1024
