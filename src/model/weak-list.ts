/** Weak references to objects, in the order of insertion, because a registry may exist for one request only. */
export class WeakList<T extends object> {
  private refs: WeakRef<T>[] = []
  /**
   * The length at which collected objects are removed: double what was left the last time, so that the cost per object
   * is small.
   */
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
