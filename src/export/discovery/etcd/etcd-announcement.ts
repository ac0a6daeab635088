import { MetricsError, reasonOf } from '../../../model/errors.js'
import { withTimeout } from '../../../platform/time-limit.js'
import { monotonicNow } from '../../../platform/timers.js'
import type { AnnouncedTarget, Announcement, AnnouncementEvents } from '../announcement.js'
import { RetryWait } from '../retry-wait.js'
import { announcedValue } from './announced-value.js'
import { EtcdClient } from './etcd-client.js'
import { EtcdError } from './etcd-error.js'
import type { EtcdSettings } from './etcd-options.js'
import { base64, targetKey } from './target-key.js'

interface EtcdLease {
  readonly id: string
  /** Milliseconds, as etcd granted them. */
  readonly ttl: number
  /** Whether the target was announced with it. */
  used: boolean
}

/** Milliseconds before the second attempt of an outage, and between later ones. */
const [shortestPause, longestPause] = [250, 5_000]

/**
 * Announces a target in etcd under a lease, which it renews at a third of its time. If etcd does not answer, has
 * forgotten the lease or lost the key, it announces the target again.
 */
export class EtcdAnnouncement implements Announcement {
  private readonly client: EtcdClient
  private running: Running | undefined

  constructor(
    private readonly settings: EtcdSettings,
    private readonly events: AnnouncementEvents,
  ) {
    this.client = new EtcdClient(settings)
  }

  async start(target: AnnouncedTarget): Promise<void> {
    await this.stop()
    const wait = new RetryWait()
    let attempted: () => void = () => {}
    const first = new Promise<void>((resolve) => (attempted = resolve))
    this.running = { wait, done: this.run(target, wait, attempted) }
    await first
  }

  async stop(): Promise<void> {
    const { running } = this
    if (running === undefined) return
    this.running = undefined
    running.wait.end()
    try {
      await withTimeout(this.withdraw(running.done), this.settings.timeout)
    } catch {
      // The lease ends by itself.
    } finally {
      this.client.close()
    }
  }

  /** Revokes the lease, which removes the key as well, unless another process has announced the same target meanwhile. */
  private async withdraw(done: Promise<EtcdLease | undefined>): Promise<void> {
    const lease = await done
    if (lease !== undefined) await this.client.call('/v3/lease/revoke', { ID: lease.id })
  }

  /** Keeps the target announced until the wait is ended; resolves to the lease. */
  private async run(target: AnnouncedTarget, wait: RetryWait, attempted: () => void): Promise<EtcdLease | undefined> {
    const key = base64(targetKey(this.settings, target.id))
    const value = base64(announcedValue(target, this.settings.job))
    let lease: EtcdLease | undefined
    let failures = 0
    while (!wait.ended) {
      const since = monotonicNow()
      let next: number
      try {
        lease = await this.keep(lease)
        await this.announce(key, value, lease)
        if (failures > 0 || !lease.used) this.events.onAnnounced()
        lease.used = true
        failures = 0
        next = lease.ttl / 3 - (monotonicNow() - since)
      } catch (cause) {
        if (cause instanceof EtcdError && cause.leaseNotFound) lease = undefined
        if (failures++ === 0) this.events.onError(this.failed(target, cause))
        next = Math.min(longestPause, shortestPause * 2 ** (failures - 1)) * (0.75 + Math.random() / 2)
      }
      attempted()
      await wait.wait(Math.max(0, next))
    }
    return lease
  }

  /** Renews the lease; returns another one if it has ended. */
  private async keep(lease: EtcdLease | undefined): Promise<EtcdLease> {
    if (lease !== undefined) {
      const { TTL } = await this.client.call<{ readonly TTL?: string }>('/v3/lease/keepalive', { ID: lease.id })
      if (Number(TTL ?? 0) > 0) return lease
    }
    const { ID, TTL } = await this.client.call<Granted>('/v3/lease/grant', { TTL: this.settings.ttl })
    return { id: ID, ttl: Number(TTL) * 1000, used: false }
  }

  /** Writes the key with a new lease; with the present one only if the key is missing, so that watchers see no change. */
  private async announce(key: string, value: string, { id, used }: EtcdLease): Promise<void> {
    const put = { key, value, lease: id }
    if (!used) await this.client.call('/v3/kv/put', put)
    else {
      const compare = [{ key, target: 'VERSION', result: 'GREATER', version: '0' }]
      await this.client.call('/v3/kv/txn', { compare, failure: [{ requestPut: put }] })
    }
  }

  private failed({ address }: AnnouncedTarget, cause: unknown): MetricsError {
    const text = `the target ${address} could not be announced (${reasonOf(cause)}); promhive keeps trying`
    return new MetricsError('ANNOUNCE_FAILED', text, { cause, reason: 'etcd' })
  }
}

interface Running {
  readonly wait: RetryWait
  readonly done: Promise<EtcdLease | undefined>
}

interface Granted {
  readonly ID: string
  readonly TTL: string
}
