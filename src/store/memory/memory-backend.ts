import type { Backend, Source } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'

export { MemoryStore } from '../core/memory-store.js'

/**
 * Counts in one process and shares nothing: slots on the heap, which are read in the same way as shared ones.
 *
 * @experimental
 */
export class MemoryBackend implements Backend {
  readonly name: string = 'memory'
  private readonly store = new MemoryStore()
  openStore(): MemoryStore {
    return this.store
  }
  openSource(): Source {
    return { read: async () => this.store.snapshot(), close() {} }
  }
}
