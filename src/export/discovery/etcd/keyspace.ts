import { clearTimeout, monotonicNow, setTimeout } from '../../../platform/timers.js'

/** A key of etcd, as its JSON gateway writes it. */
export interface KeyValue {
  /** In base64, as the value is. */
  readonly key: string
  readonly value?: string
  readonly mod_revision?: string
}

/** The answer to the request for a range of keys. */
export interface RangeAnswer {
  readonly header: { readonly cluster_id?: string; readonly revision?: string }
  readonly kvs?: readonly KeyValue[]
}

/** A key and its value as texts. */
export interface KeyspaceEntry {
  readonly key: string
  readonly value: string
  /** The revision of its last change; 0 if etcd has lost it. */
  readonly revision: number
}

interface LostEntry extends KeyspaceEntry {
  /** When it is no longer kept, on the monotonic clock. */
  readonly until: number
}

/** A copy of the keys below a prefix. It keeps keys for a while that etcd has lost together with its data. */
export class Keyspace {
  /** The revision of the last range. Older changes are part of it. */
  revision = 0
  private latest = 0
  private cluster: string | undefined
  private present = new Map<string, KeyspaceEntry>()
  private readonly lost = new Map<string, LostEntry>()
  private timer: NodeJS.Timeout | undefined

  /**
   * @param grace milliseconds for which lost keys are kept
   * @param onForgotten called when lost keys are no longer kept
   */
  constructor(
    private readonly grace: number,
    private readonly onForgotten: () => void,
  ) {}

  /** Replaces all keys by those of a range. */
  replace({ header, kvs = [] }: RangeAnswer): void {
    const { cluster_id: cluster } = header
    const revision = Number(header.revision ?? 0)
    const before = this.present
    this.present = new Map(kvs.map((kv) => entryOf(kv)).map((entry) => [entry.key, entry]))
    // A restart without data, or from a backup.
    if (this.cluster !== undefined && (cluster !== this.cluster || revision < this.latest)) this.keep(before)
    for (const key of this.present.keys()) this.lost.delete(key)
    this.cluster = cluster
    this.revision = this.latest = revision
  }

  /** Applies a change of a watch. */
  apply(kv: KeyValue, deleted: boolean): void {
    const entry = entryOf(kv)
    if (entry.revision <= this.revision) return
    this.latest = Math.max(this.latest, entry.revision)
    if (deleted) this.present.delete(entry.key)
    else {
      this.present.set(entry.key, entry)
      this.lost.delete(entry.key)
    }
  }

  /** Returns all keys in the order of their last changes; those that were lost first. */
  oldestFirst(): KeyspaceEntry[] {
    return [...this.lost.values(), ...this.present.values()].sort((a, b) => a.revision - b.revision)
  }

  close(): void {
    clearTimeout(this.timer)
  }

  private keep(before: ReadonlyMap<string, KeyspaceEntry>): void {
    const until = monotonicNow() + this.grace
    if (this.grace > 0) for (const [key, entry] of before) this.lost.set(key, { ...entry, revision: 0, until })
    this.forgetLater()
  }

  private forgetLater(): void {
    clearTimeout(this.timer)
    const next = Math.min(...[...this.lost.values()].map(({ until }) => until))
    if (next === Number.POSITIVE_INFINITY) return
    this.timer = setTimeout(() => this.forget(), Math.max(0, next - monotonicNow()) + 1).unref()
  }

  private forget(): void {
    const now = monotonicNow()
    let forgotten = false
    for (const [key, { until }] of this.lost) if (until <= now) forgotten = this.lost.delete(key) || forgotten
    if (forgotten) this.onForgotten()
    this.forgetLater()
  }
}

function entryOf({ key, value = '', mod_revision = '0' }: KeyValue): KeyspaceEntry {
  return { key: textOf(key), value: textOf(value), revision: Number(mod_revision) }
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString()
}
