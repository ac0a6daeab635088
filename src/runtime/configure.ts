import type { ConfigureOptions } from './configure-options.js'
import { processContext } from './current-context.js'

/**
 * Chooses where the processes of the application count together, and where faults are reported. The environment variable
 * `PROMHIVE_DIR` does the same without code.
 *
 * @throws MetricsError `OPTION_INVALID`, and `DIRECTORY_UNUSABLE` when `strict` is set
 * @example configure({ dir: '/dev/shm/shop' })
 */
export function configure(options: ConfigureOptions): void {
  processContext().configure(options)
}
