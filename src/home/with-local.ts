import type { Source } from '../store/backend.js'
import type { MemoryStore } from '../store/memory/memory-backend.js'

/**
 * A source that also shows what this process keeps for itself.
 *
 * @param joining what a reading waits for
 */
export function withLocal(source: Source, local: MemoryStore, joining?: Promise<void>): Source {
  return {
    async read(pause) {
      await joining
      const reading = await source.read(pause)
      const own = local.log.length === 0 ? [] : local.snapshot().writers
      return { ...reading, writers: [...reading.writers, ...own] }
    },
    close: () => source.close(),
  }
}
