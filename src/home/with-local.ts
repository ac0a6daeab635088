import type { Source } from '../store/backend.js'
import type { MemoryStore } from '../store/memory/memory-backend.js'

/** A source that also shows what this process keeps for itself. */
export function withLocal(source: Source, local: MemoryStore): Source {
  return {
    async read(pause) {
      const reading = await source.read(pause)
      const own = local.log.length === 0 ? [] : local.snapshot().writers
      return { ...reading, writers: [...reading.writers, ...own] }
    },
    close: () => source.close(),
  }
}
