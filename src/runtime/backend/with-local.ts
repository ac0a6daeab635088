import type { MetricsError } from '../../model/errors.js'
import type { Source } from '../../store/contract.js'
import type { MemoryStore } from '../../store/memory/memory-backend.js'

/**
 * A source that also shows what this process keeps for itself.
 *
 * @param joining what a reading waits for
 * @param incomplete why the numbers of other processes are missing, where they are
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
      const own = local.log.length === 0 ? [] : local.snapshot().writers
      const missing = reading.incomplete ?? incomplete()
      return { ...reading, writers: [...reading.writers, ...own], incomplete: missing }
    },
    close: () => source.close(),
  }
}
