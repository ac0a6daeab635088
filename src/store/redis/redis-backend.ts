import { randomUUID } from 'node:crypto'
import { threadId } from '../../platform/loaded-builtins.js'
import { systemNow } from '../../platform/system-time.js'
import {
  type Backend,
  type BackendContext,
  nameOfProcess,
  type Pause,
  type Source,
  type SourceReading,
  type Store,
  type WriterSnapshot,
} from '../contract.js'
import type { RedisBackendSettings } from './options.js'
import { RedisStore } from './redis-store.js'
import type { ScriptConnection } from './script.js'
import { Service } from './service.js'
import { ServiceSnapshots } from './service-snapshots.js'
import { sourceOf } from './service-source.js'

/** Counts in a Redis that processes on any number of hosts share. */
export class RedisBackend implements Backend {
  readonly name = 'redis'
  readonly shared = true
  private readonly store: RedisStore
  private readonly service: Service
  private readonly process: string
  private readonly startedAt = systemNow() / 1000
  private context: BackendContext | undefined
  private closing: Promise<void> | undefined

  constructor(settings: RedisBackendSettings, connection: ScriptConnection, replica?: ScriptConnection) {
    const { instance } = settings
    // Pids repeat between containers; the instance distinguishes them.
    this.process = `${instance}-${nameOfProcess(process.pid, threadId)}`
    const writer = `${instance}-${process.pid}-${threadId}~${randomUUID()}`
    const store = new RedisStore({
      writer,
      onRemoved: (family, key) => this.context?.onRemoved(family, key),
      flush: () => this.flush(),
      announce: (removals) => this.service.announce(removals),
      onDropped: (error) => this.context?.onError(error),
    })
    this.store = store
    const { ledger, unsent } = store
    const flushed = {
      ledger,
      unsent,
      facts: () => ({ kind: 'writer' as const, instance, startedAt: this.startedAt, epoch: 1, process: this.process }),
      removed: (removals: Parameters<RedisStore['removed']>[0]) => store.removed(removals),
      folded(next: string) {
        store.writer = next
        store.forgetSent()
      },
    }
    this.service = new Service({
      settings,
      connection,
      replica,
      writer,
      flushed,
      carriesRemovals: true,
      onError: (error) => this.context?.onError(error),
      onRecovered: (text) => this.context?.onRecovered?.(text),
      count: (metric, amount) => this.context?.count?.(metric, amount),
      keepsSeats: () => this.context?.perWorker?.() === true,
    })
  }

  begin(context: BackendContext): void {
    this.context = context
    // A process that counts nothing, such as one that only answers scrapes, keeps the keys of the service from expiring too.
    this.service.start()
  }

  openStore(): Store {
    this.service.start()
    return this.store
  }

  openSource(): Source {
    this.service.start()
    return sourceOf(this.service, (snapshots, pause) => this.read(snapshots, pause))
  }

  /**
   * Sends the counts; resolves to whether Redis has them. Never rejects: counts that could not be sent are sent later,
   * and the error is reported to `onError` once per outage of Redis.
   */
  flush(): Promise<boolean> {
    return this.service.flush()
  }

  /** Sends the last counts, and closes the writer. Await it before the process ends. */
  close(): Promise<void> {
    this.closing ??= this.service.close(true)
    return this.closing
  }

  private async read(snapshots: ServiceSnapshots, pause: Pause): Promise<SourceReading> {
    const { flushed, cause } = await this.service.read(snapshots, true, pause)
    const writers = this.service.writersToShow(snapshots)
    const { writer, version } = this.service.flusher
    // A replica may have less than this process has flushed.
    const isShown = flushed ? snapshots.ledger(writer)?.version === version : !this.isOwnKnown(snapshots)
    return {
      writers: isShown ? writers : this.withOwn(writers),
      errors: cause === undefined ? [] : [cause],
      reachable: flushed,
    }
  }

  /**
   * Whether the counts in memory are shown instead of the ledger of this process. They are not if all snapshots were
   * read and have no such ledger: then the process was taken for dead, and the totals include it.
   */
  private isOwnKnown(snapshots: ServiceSnapshots): boolean {
    const { writer, version } = this.service.flusher
    return version === 0 || !snapshots.areRead || snapshots.ledger(writer) !== undefined
  }

  /** Replaces the ledger of this process by its counts in memory. */
  private withOwn(writers: readonly WriterSnapshot[]): WriterSnapshot[] {
    const { writer, seat } = this.service.flusher
    const { startedAt, process } = this
    const facts = {
      writer,
      seat: ServiceSnapshots.seat(this.service.shard, seat || 1),
      live: true,
      epoch: 1,
      startedAt,
      process,
      dropped: 0,
    }
    const localWriter = this.store.ledger.snapshot(facts)
    return [...writers.filter((other) => other.writer !== writer), localWriter]
  }
}
