import { systemNow } from '../../platform/system-time.js'
import { monotonicNow } from '../../platform/timers.js'
import type { WriterSnapshot } from '../contract.js'
import type { MemoryStore } from '../core/memory-store.js'
import { encodeExemplars, NameLines } from './followed-writer.js'
import { encodeSnapshot, type SnapshotHead } from './snapshot-format.js'

/** The facts about a writer that only its backend knows. */
export type Standing = Pick<SnapshotHead, 'closed' | 'inherited' | 'removals' | 'taken'>

/** The content of a snapshot, to detect changes. */
export interface SnapshotRecord {
  readonly values: Float64Array
  readonly names: string
  /** Entries of the series log. */
  readonly entries: number
  readonly standing: string
  /** Unix milliseconds. */
  readonly at: number
  /** The same by `performance.now()`. */
  readonly when: number
}

/** Takes snapshots of a store, and remembers the content of the last one that was stored. */
export class OwnSnapshot {
  private lines: NameLines | undefined
  private logs = 0
  private record: SnapshotRecord | undefined

  /** Whether something has changed, or the last snapshot is too old. */
  due(store: MemoryStore, standing: Standing, longest: number): boolean {
    const { record } = this
    if (record === undefined || monotonicNow() - record.when >= longest) return true
    const { values, names, entries, standing: stands } = this.describe(store, standing)
    if (names !== record.names || entries !== record.entries || stands !== record.standing) return true
    return values.length !== record.values.length || !record.values.every((value, i) => Object.is(value, values[i]))
  }

  /** Takes a snapshot; returns its bytes, and a record to pass to `kept` when the engine has stored it. */
  take(store: MemoryStore, standing: Standing): { readonly bytes: Uint8Array; readonly record: SnapshotRecord } {
    const localWriter = ownWriter(store)
    const record = this.describe(store, standing)
    const { writer, seat, epoch, startedAt, process = String(seat) } = localWriter
    const head = { writer, seat, process, epoch, startedAt, at: record.at, log: record.names, ...standing }
    const names = this.lines!.bytes()
    const bytes = encodeSnapshot({
      head,
      names,
      exemplars: encodeExemplars(localWriter.exemplars!()),
      values: record.values,
    })
    return { bytes, record: { ...record, values: record.values.slice() } }
  }

  kept(record: SnapshotRecord): void {
    this.record = record
  }

  /** Subtracts the values of the last snapshot, which another process continues, from the store. */
  deductFrom(store: MemoryStore): void {
    if (this.record !== undefined) store.deduct(this.record.values, this.record.entries)
    this.record = undefined
  }

  private describe(store: MemoryStore, standing: Standing): SnapshotRecord {
    const { log, values, writer } = ownWriter(store)
    if (this.lines?.log !== log) {
      this.lines = new NameLines(log)
      this.logs++
    }
    const names = `${writer} ${this.logs}`
    const [at, when] = [systemNow(), monotonicNow()]
    return { values, names, entries: log.length, standing: JSON.stringify(standing), at, when }
  }
}

export function ownWriter(store: MemoryStore): WriterSnapshot {
  return store.snapshot().writers[0]!
}
