import type { Exemplar } from '../../model/exemplar.js'
import type { PlacedExemplar } from '../contract.js'

/**
 * The maximum number of exemplars in one change, because the arguments of a call are limited. The rest is sent with the
 * next change.
 */
const most = 5000

/** The exemplars of a ledger, and which of them Redis does not have yet. */
export class LedgerExemplars {
  /** By first slot of the series, and bucket. */
  private readonly bySlot = new Map<number, Map<number, PlacedExemplar>>()
  private readonly changed = new Set<string>()
  private version = 0

  set(slot: number, bucket: number, exemplar: Exemplar): void {
    let buckets = this.bySlot.get(slot)
    if (buckets === undefined) this.bySlot.set(slot, (buckets = new Map()))
    buckets.set(bucket, { slot, bucket, exemplar })
    this.changed.add(fieldOf(slot, bucket))
  }

  /** Sets an exemplar unless the present one is newer. */
  setNewer(slot: number, bucket: number, exemplar: Exemplar): void {
    const other = this.bySlot.get(slot)?.get(bucket)?.exemplar
    if (other === undefined || (other.timestamp ?? 0) < (exemplar.timestamp ?? 0)) this.set(slot, bucket, exemplar)
  }

  /** Sets an exemplar unless it is the present one. */
  setOther(slot: number, bucket: number, exemplar: Exemplar): void {
    const other = this.bySlot.get(slot)?.get(bucket)?.exemplar
    const same = other?.timestamp === exemplar.timestamp && other?.value === exemplar.value
    if (other === undefined || !same) this.set(slot, bucket, exemplar)
  }

  /** Deletes the exemplars of a series. */
  drop(slot: number): void {
    for (const bucket of this.bySlot.get(slot)?.keys() ?? []) this.changed.add(fieldOf(slot, bucket))
    this.bySlot.delete(slot)
  }

  all(): PlacedExemplar[] {
    return [...this.bySlot.values()].flatMap((buckets) => [...buckets.values()])
  }

  /** Returns the exemplars that Redis does not have, by field; removed ones have no text. */
  change(whole: boolean): { readonly changes: (readonly [field: string, text: string])[]; readonly version: number } {
    if (whole) for (const { slot, bucket } of this.all()) this.changed.add(fieldOf(slot, bucket))
    const changes: (readonly [string, string])[] = []
    for (const field of this.changed) {
      if (changes.length === most) break
      changes.push([field, this.textOf(field)])
    }
    for (const [field] of changes) this.changed.delete(field)
    if (changes.length > 0) this.version++
    return { changes, version: this.version }
  }

  private textOf(field: string): string {
    const [slot, bucket] = field.split(' ').map(Number) as [number, number]
    const placed = this.bySlot.get(slot)?.get(bucket)
    return placed === undefined ? '' : JSON.stringify(placed.exemplar)
  }
}

function fieldOf(slot: number, bucket: number): string {
  return `${slot} ${bucket}`
}
