/** Objects that are held weakly, in the order in which they were added: a registry may be made for one request. */
export class WeakList<T extends object> {
  private refs: WeakRef<T>[] = []
  /** At this length those are left out that are no more: at double what was left the last time, so that each costs little. */
  private full = 8

  add(item: T): void {
    this.refs.push(new WeakRef(item))
    if (this.refs.length < this.full) return
    this.refs = this.refs.filter((ref) => ref.deref() !== undefined)
    this.full = Math.max(8, this.refs.length * 2)
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const ref of this.refs) {
      const item = ref.deref()
      if (item !== undefined) yield item
    }
  }
}
