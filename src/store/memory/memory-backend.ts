import type { Backend, Source } from '../backend.js'
import { MemoryStore } from '../memory-store.js'

export { MemoryStore } from '../memory-store.js'

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
