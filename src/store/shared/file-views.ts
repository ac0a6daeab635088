import type { Stats } from 'node:fs'
import type { Binding } from '../../platform/addon.js'
import { isOnlyOurs } from './ownership.js'

/** A process may have 65,530 mappings by default, and its other parts need some of them. */
const mostViews = 4096

/** The part of the addon that reads mapped files of others. */
type ViewBinding = Pick<Required<Binding>, 'openView' | 'closeView' | 'gather'>

/** Mappings of files that others may truncate. */
export class FileViews {
  private readonly binding: ViewBinding | undefined
  /** Receives the values of one file. */
  private fresh = new Float64Array(0)
  private open = 0

  /** @param most how many files are mapped at the same time */
  constructor(
    binding: Binding | undefined,
    private readonly most = mostViews,
  ) {
    const { openView, closeView, gather } = binding ?? {}
    this.binding = openView && closeView && gather && { openView, closeView, gather }
  }

  /**
   * Maps an open file. Returns undefined if the system refuses, if too many files are mapped, or if another user can truncate
   * the file: a view survives that, and still no other user shall be able to.
   */
  viewOf(fd: number, path: string, stats: Stats): FileView | undefined {
    const { binding } = this
    if (binding === undefined || this.open >= this.most || !isOnlyOurs(stats)) return undefined
    try {
      const view = new FileView(binding, binding.openView(fd, path, stats.size), () => this.open--)
      this.open++
      return view
    } catch {
      return undefined
    }
  }

  /** Returns an array for so many values, or more; its former contents are of no use. */
  arrayFor(count: number): Float64Array {
    if (this.fresh.length < count) this.fresh = new Float64Array(Math.max(count, this.fresh.length * 2))
    return this.fresh
  }
}

/** A mapping of one file. */
export class FileView {
  private isOpen = true

  constructor(
    private readonly binding: ViewBinding,
    private readonly mapped: object,
    private readonly closed: () => void,
  ) {}

  /**
   * Copies the values at these indexes.
   *
   * @returns the first word of the file; -1 if it may be another file, or was written to other than by a mapping
   */
  gather(indexes: Int32Array, count: number, out: Float64Array): number {
    return this.binding.gather(this.mapped, indexes, count, out)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.binding.closeView(this.mapped)
    this.closed()
  }
}
