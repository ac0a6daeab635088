/** Maps the slots of one writer to the slots of the sums. Index 0 receives what is not summed. */
export class SlotMap {
  private places = new Int32Array(64)
  private mapped = 0

  /** Returns the index of the sum for a slot. */
  at(slot: number): number {
    return this.places[slot]!
  }

  /** Grows the map to this number of slots, which have no sum yet. */
  reach(slots: number): void {
    if (slots > this.mapped) this.mapped = slots
    if (slots <= this.places.length) return
    const wider = new Int32Array(Math.max(slots, this.places.length * 2))
    wider.set(this.places)
    this.places = wider
  }

  /** Maps `count` consecutive slots to consecutive sums. */
  map(slot: number, place: number, count: number): void {
    for (let i = 0; i < count; i++) this.places[slot + i] = place + i
  }

  clear(slot: number, count: number): void {
    this.places.fill(0, slot, slot + count)
  }

  add(sums: Float64Array, values: Float64Array): void {
    const { places } = this
    const count = Math.min(values.length, this.mapped)
    for (let i = 0; i < count; i++) sums[places[i]!]! += values[i]!
  }
}
