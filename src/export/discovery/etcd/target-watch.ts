import { MetricsError, reasonOf } from '../../../model/errors.js'
import { describe } from '../../../model/metric-name.js'
import type { AnnouncedTarget } from '../announcement.js'
import { RetryWait } from '../retry-wait.js'
import { readAnnouncedValue } from './announced-value.js'
import type { EtcdClient } from './etcd-client.js'
import { EtcdError } from './etcd-error.js'
import { Keyspace, type KeyValue, type RangeAnswer } from './keyspace.js'
import { keysBelow } from './target-key.js'

/** What a watch reports. */
export interface TargetWatchEvents {
  /**
   * Called once the targets have been read, after each change, and at intervals.
   *
   * @param targets returns all targets; it takes time for each, so changes that follow each other may share a call
   */
  onTargets(targets: () => readonly AnnouncedTarget[]): void
  /** Called once per outage, and once for each unusable value. */
  onError(error: MetricsError): void
  /** Called when etcd answers again after an outage. */
  onRecovered(): void
}

interface TargetWatchOptions {
  /** The beginning of the keys, with `/` at its end. */
  readonly prefix: string
  /** Seconds for which targets are kept that are missing after etcd has lost its data. */
  readonly grace: number
  /** Milliseconds between two checks that a silent stream still belongs to an etcd that answers. */
  readonly checkEvery?: number
}

interface WatchMessage {
  readonly header?: { readonly revision?: string }
  readonly created?: boolean
  readonly canceled?: boolean
  readonly compact_revision?: string
  readonly cancel_reason?: string
  readonly events?: readonly { readonly type?: 'DELETE'; readonly kv: KeyValue }[]
}

/** Milliseconds before the second attempt of an outage, and between later ones. */
const [shortestPause, longestPause] = [250, 5_000]

/**
 * Follows the targets that are announced in etcd. It reads all keys, and then receives each change from a watch that
 * begins at the revision of that reading. If the watch ends for any reason, it reads all keys again.
 */
export class TargetWatch {
  private readonly wait = new RetryWait()
  private readonly keyspace: Keyspace
  private unusable: ReadonlyMap<string, string> = new Map<string, string>()
  private done: Promise<void> | undefined
  private failures = 0

  constructor(
    private readonly client: EtcdClient,
    private readonly options: TargetWatchOptions,
    private readonly events: TargetWatchEvents,
  ) {
    this.keyspace = new Keyspace(options.grace * 1000, () => this.report())
  }

  /**
   * Reads the targets once.
   *
   * @throws EtcdError
   */
  async read(): Promise<void> {
    this.keyspace.replace(await this.range())
    this.report()
  }

  /** Follows the targets until `stop()`. */
  start(): void {
    this.done ??= this.run()
  }

  async stop(): Promise<void> {
    this.wait.end()
    await this.done
    this.keyspace.close()
    this.client.close()
  }

  private async run(): Promise<void> {
    while (!this.wait.ended) {
      try {
        await this.read()
        if (this.failures > 0) this.events.onRecovered()
        this.failures = 0
        // Stopped while it was reading: no further signal would end the stream.
        if (!this.wait.ended) await this.follow()
      } catch (cause) {
        if (this.wait.ended) return
        if (cause instanceof EtcdError && cause.needsLogin) this.client.forgetToken()
        if (this.failures++ === 0) this.events.onError(this.failed(cause))
        const pause = Math.min(longestPause, shortestPause * 2 ** (this.failures - 1))
        await this.wait.wait(pause * (0.75 + Math.random() / 2))
      }
    }
  }

  /** Applies changes until the stream ends; throws unless it ended because the requested revision was compacted. */
  private async follow(): Promise<void> {
    const ending = new AbortController()
    const end = (): void => ending.abort()
    this.wait.signal.addEventListener('abort', end)
    let fault: unknown
    const check = this.checkAtIntervals(ending.signal, (cause) => {
      fault = cause
      end()
    })
    try {
      const body = { ...keysBelow(this.options.prefix), start_revision: String(this.keyspace.revision + 1) }
      const stream = this.client.stream<WatchMessage>('/v3/watch', { create_request: body }, ending.signal)
      for await (const message of stream) if (this.isCompacted(message)) return
      if (this.wait.ended) return
      throw fault ?? new EtcdError(`etcd at ${this.client.endpoint} has ended the watch`)
    } finally {
      this.wait.signal.removeEventListener('abort', end)
      end()
      await check
    }
  }

  private isCompacted({ header, created, canceled, compact_revision, cancel_reason, events = [] }: WatchMessage) {
    if (canceled && Number(compact_revision ?? 0) > 0) return true
    if (canceled) throw new EtcdError(cancel_reason ?? 'the watch was canceled')
    if (created && Number(header?.revision ?? 0) < this.keyspace.revision) {
      // The etcd that answered before had more, so this one would be silent until it has as many revisions.
      throw new EtcdError(`etcd at ${this.client.endpoint} has an older state than before`)
    }
    for (const { type, kv } of events) this.keyspace.apply(kv, type === 'DELETE')
    if (events.length > 0) this.report()
    return false
  }

  /**
   * Reads all keys at intervals: a process of etcd that hangs keeps its connections open and sends nothing. Resolves
   * when the signal is aborted, or after the first fault.
   */
  private async checkAtIntervals(signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
    const { checkEvery = 30_000 } = this.options
    const wait = new RetryWait()
    const end = (): void => wait.end()
    signal.addEventListener('abort', end)
    try {
      while (!wait.ended) {
        await wait.wait(checkEvery)
        if (wait.ended) return
        await this.read()
      }
    } catch (cause) {
      failed(cause)
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  private range(): Promise<RangeAnswer> {
    return this.client.call<RangeAnswer>('/v3/kv/range', keysBelow(this.options.prefix))
  }

  private report(): void {
    this.events.onTargets(() => this.targets())
  }

  /** Returns the targets of all usable values. An unusable one must not make Prometheus refuse the others. */
  private targets(): AnnouncedTarget[] {
    const byUrl = new Map<string, AnnouncedTarget>()
    const unusable = new Map<string, string>()
    for (const { key, value } of this.keyspace.oldestFirst()) {
      const targets = readAnnouncedValue(key, value)
      if (typeof targets === 'string') {
        unusable.set(key, value)
        if (this.unusable.get(key) !== value) this.events.onError(this.ignored(key, value, targets))
      } else for (const target of targets) byUrl.set(urlOf(target), target)
    }
    this.unusable = unusable
    return [...byUrl.values()]
  }

  private ignored(key: string, value: string, why: string): MetricsError {
    return new MetricsError(
      'DISCOVERY_FAILED',
      `the value of ${key} in etcd is ignored: ${why}, got ${describe(value)}`,
    )
  }

  private failed(cause: unknown): MetricsError {
    const text = `the targets cannot be read (${reasonOf(cause)}); those read before stay, and promhive keeps trying`
    return new MetricsError('DISCOVERY_FAILED', text, { cause })
  }
}

/**
 * Returns the URL that Prometheus scrapes. A process that opens the port of a killed one may be announced before the
 * announcement of that one ends; then only the newer one counts.
 */
function urlOf({ address, labels: { __scheme__ = 'http', __metrics_path__ = '/metrics' } }: AnnouncedTarget): string {
  return `${__scheme__}://${address}${__metrics_path__}`
}
