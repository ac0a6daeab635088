import type { Pause } from '../contract.js'
import { ask } from './ask.js'
import { Folding, inhabited, sourcesIn } from './fold.js'
import type { Keys } from './keys.js'
import { ServiceSnapshot, type ServiceSnapshotOptions } from './service-snapshot.js'
import type { Shards } from './shards.js'
import { claim } from './upkeep-scripts.js'

/** What processes do for all shards of their service: they add the dead to the totals, and keep keys from expiring. */
export class Upkeep {
  constructor(
    private readonly shards: Shards,
    private readonly optionsOf: (keys: Keys) => ServiceSnapshotOptions,
  ) {}

  /**
   * Folds the dead writers of each shard. What an instance has counted stays with it as long as it has a living writer in
   * any shard: where a shard does not answer, it may have one.
   *
   * @param own the shard of this process: its flushes see what is left there
   * @param time milliseconds after which nothing more is begun in a shard
   * @param isUrgent whether this process does not leave it to another one that has looked within the last second
   */
  async fold(own: number, pause: Pause, time: number, isUrgent: boolean): Promise<void> {
    const options = this.shards.all.map(this.optionsOf)
    if (options.length === 1) {
      await new Folding(options[0]!).run(pause, time)
      return
    }
    // Each process that sees a dead writer would read the entries of all shards.
    if (!isUrgent && !(await claims(options[own]!))) return
    const surveys = await Promise.allSettled(options.map((each) => survey(each, pause)))
    const failed = surveys.find((result) => result.status === 'rejected')
    const living = surveys.map((result) => (result.status === 'fulfilled' ? inhabited(result.value) : undefined))
    for (const [i, result] of surveys.entries()) {
      if (result.status === 'rejected') continue
      const has = (instance: string): boolean =>
        living.some((instances) => instances === undefined || instances.has(instance))
      if (i === own || sourcesIn(result.value, { has }).length > 0)
        await new Folding(options[i]!, { has }).run(pause, time)
    }
    if (failed !== undefined) throw failed.reason
  }

  /**
   * Keeps the keys of each shard from expiring; of all processes that do so at the same time, one does it.
   *
   * @param interval in milliseconds
   * @param claimed a shard whose keys this process is to keep, by the answer to its flush
   * @returns whether there are ledgers to be added to the totals
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

/** Whether this process is the one that looks for the dead, of all that ask within a second. */
async function claims(options: ServiceSnapshotOptions): Promise<boolean> {
  const claimed = await ask(options, claim, [options.keys.state], ['surveyed', '1000'])
  return Number(claimed) === 1
}

/** Which ledgers a shard has, without their numbers. */
async function survey(options: ServiceSnapshotOptions, pause: Pause): Promise<ServiceSnapshot> {
  const snapshot = new ServiceSnapshot(options)
  await snapshot.read(pause, () => false)
  return snapshot
}
