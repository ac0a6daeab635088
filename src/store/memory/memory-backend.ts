import type { Backend, Source } from '../contract.js'
import { MemoryStore } from '../core/memory-store.js'

export { MemoryStore } from '../core/memory-store.js'

/**
 * One process, nothing shared: the same slots on the heap, read the same way.
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
