import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Lease } from '../../model/lease.js'
import type { Pause, Source, SourceReading } from '../contract.js'
import { Keys } from './keys.js'
import { Ledger } from './ledger.js'
import type { RedisBackendSettings } from './options.js'
import type { ScriptConnection } from './script.js'
import { Service } from './service.js'
import type { ServiceSnapshots } from './service-snapshots.js'
import { sourceOf } from './service-source.js'
import { TaskLease } from './task-lease.js'

export interface OutsideServiceOptions {
  readonly settings: RedisBackendSettings
  readonly connection: ScriptConnection
  readonly onError?: (error: MetricsError) => void
  /** Whether the counts of dead writers stay under their seats. */
  readonly keepsSeats?: boolean
  /** Called when Redis answers again after a failure. */
  readonly onRecovered?: () => void
}

/**
 * A service in Redis for a process that does not count in it: it reads all writers, and adds dead ones to the totals.
 * Its readings renew the expiry of the keys.
 */
export class OutsideService {
  private readonly service: Service
  private reachable = true

  constructor(private readonly options: OutsideServiceOptions) {
    const { settings, connection, keepsSeats = false, onError = () => {} } = options
    const nothing = new Ledger()
    this.service = new Service({
      settings,
      connection,
      writer: '',
      flushed: {
        ledger: nothing,
        unsent: [],
        facts: () => ({ kind: 'writer', instance: settings.instance, startedAt: 0, epoch: 1 }),
        removed() {},
        folded() {},
      },
      onError,
      keepsSeats: () => keepsSeats,
      count() {},
      tick: async () => {},
    })
  }

  /** Renews the expiry of the keys while the process runs, whether it is scraped or not. */
  start(): void {
    this.service.start()
  }

  /** Returns the lease of a task that one process does for all of the service. */
  lease(task: string): Lease {
    const { settings, connection } = this.options
    const timeout = settings.connectTimeout + settings.commandTimeout
    return new TaskLease(task, new Keys(settings.keyPrefix), { connection, timeout })
  }

  snapshots(): ServiceSnapshots {
    return this.service.snapshots()
  }

  /** Opens a source; its readings are incomplete until one has succeeded. */
  openSource(): Source {
    let seen = false
    const read = async (snapshots: ServiceSnapshots, pause: Pause): Promise<SourceReading> => {
      try {
        await snapshots.read(pause)
        seen = true
        this.reached()
        return { writers: this.service.writersToShow(snapshots), errors: [], reachable: true }
      } catch (cause) {
        this.reachable = false
        const error = unreadable(cause, seen)
        if (!seen) return { writers: [], errors: [error], incomplete: error, reachable: false }
        return { writers: this.service.writersToShow(snapshots), errors: [error], reachable: false }
      }
    }
    return sourceOf(this.service, read)
  }

  close(): Promise<void> {
    return this.service.close(false)
  }

  private reached(): void {
    if (!this.reachable) this.options.onRecovered?.()
    this.reachable = true
  }
}

function unreadable(cause: unknown, seen: boolean): MetricsError {
  const consequence = seen ? 'the last values that were read are shown' : 'nothing was read yet'
  return new MetricsError('READ_FAILED', `Redis cannot be read (${reasonOf(cause)}): ${consequence}`, { cause })
}
