import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import { Folding, inhabited, sourcesIn } from './fold.js'
import type { Keys } from './keys.js'
import { ServiceSnapshot, type ServiceSnapshotOptions } from './service-snapshot.js'
import type { Shards } from './shards.js'
import { claim } from './upkeep-scripts.js'

/**
 * The work of processes for all shards of their service: they add dead writers to the totals, and renew the expiry of
 * keys.
 */
export class Upkeep {
  constructor(
    private readonly shards: Shards,
    private readonly optionsOf: (keys: Keys) => ServiceSnapshotOptions,
  ) {}

  /**
   * Folds the dead writers of each shard. The totals of an instance stay separate as long as it has a living writer in
   * any shard; a shard that does not answer may have one.
   *
   * @param localShard the shard of this process, whose remaining dead writers its flushes find
   * @param time milliseconds after which no further batch begins in a shard
   * @param isUrgent whether to fold even if another process has tried within the last second
   */
  async fold(localShard: number, pause: Pause, time: number, isUrgent: boolean): Promise<void> {
    const options = this.shards.all.map(this.optionsOf)
    if (options.length === 1) {
      await new Folding(options[0]!).run(pause, time)
      return
    }
    // Otherwise, each process that sees a dead writer would read the entries of all shards.
    if (!isUrgent && !(await claims(options[localShard]!))) return
    const surveys = await Promise.allSettled(options.map((each) => survey(each, pause)))
    const failed = surveys.find((result) => result.status === 'rejected')
    const living = surveys.map((result) => (result.status === 'fulfilled' ? inhabited(result.value) : undefined))
    for (const [i, result] of surveys.entries()) {
      if (result.status === 'rejected') continue
      const has = (instance: string): boolean =>
        living.some((instances) => instances === undefined || instances.has(instance))
      if (i === localShard || sourcesIn(result.value, { has }).length > 0)
        await new Folding(options[i]!, { has }).run(pause, time)
    }
    if (failed !== undefined) throw failed.reason
  }

  /**
   * Renews the expiry of the keys of each shard; one of all processes that try at the same time does it.
   *
   * @param interval in milliseconds
   * @param claimed a shard whose keys this process must renew, according to the answer to its flush
   * @returns whether there are ledgers to add to the totals
   */
  async keep(interval: number, pause: Pause, claimed?: number): Promise<boolean> {
    if (this.shards.count > 1) await this.shards.record()
    let dead = false
    for (const [shard, keys] of this.shards.all.entries()) {
      const snapshot = new ServiceSnapshot(this.optionsOf(keys))
      if (shard !== claimed && !(await snapshot.claimsKeeping(interval))) continue
      await snapshot.read(pause, () => false)
      await snapshot.keep()
      dead ||= snapshot.hasDead() || snapshot.hasLagging()
    }
    return dead
  }
}

/** Whether this process looks for dead writers: one of all callers within a second does. */
async function claims(options: ServiceSnapshotOptions): Promise<boolean> {
  const claimed = await ask(options, claim, [options.keys.state], ['surveyed', '1000'])
  return Number(claimed) === 1
}

/** Reads which ledgers a shard has, without their numbers. */
async function survey(options: ServiceSnapshotOptions, pause: Pause): Promise<ServiceSnapshot> {
  const snapshot = new ServiceSnapshot(options)
  await snapshot.read(pause, () => false)
  return snapshot
}
