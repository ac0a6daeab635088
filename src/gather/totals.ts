/** The slots to which every writer is added: one array for all families, so that merging is one dense loop. */
export class Totals {
  /** The number of the present merge, from 1. */
  merge = 1
  slots = new Float64Array(4096)
  /** Slot 0 receives what is not summed: sequence numbers, the slots of gauges, and unused slots. */
  private used = 1

  allocate(width: number): number {
    const at = this.used
    this.used += width
    if (this.used > this.slots.length) {
      const wider = new Float64Array(Math.max(this.used, this.slots.length * 2))
      wider.set(this.slots)
      this.slots = wider
    }
    return at
  }

  clear(): void {
    this.slots.fill(0, 0, this.used)
  }
}
