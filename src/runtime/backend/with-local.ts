import type { MetricsError } from '../../model/errors.js'
import type { Source } from '../../store/contract.js'
import type { MemoryStore } from '../../store/memory/memory-backend.js'

/**
 * Returns a source that also shows the local metrics of this process.
 *
 * @param joining a promise that readings await
 * @param incomplete returns why numbers of other processes are missing, if they are
 */
export function withLocal(
  source: Source,
  local: MemoryStore,
  joining?: Promise<void>,
  incomplete: () => MetricsError | undefined = () => undefined,
): Source {
  return {
    async read(pause) {
      await joining
      const reading = await source.read(pause)
      const localWriters = local.log.length === 0 ? [] : local.snapshot().writers
      const missing = reading.incomplete ?? incomplete()
      return { ...reading, writers: [...reading.writers, ...localWriters], incomplete: missing }
    },
    close: () => source.close(),
  }
}
