import type { ConfigureOptions } from './configure-options.js'
import { processHome } from './current-context.js'

/**
 * Says where the processes of the application count together, and who is told of faults. The environment variable
 * `PROMHIVE_DIR` does the same without code.
 *
 * @throws MetricsError `OPTION_INVALID`, and `DIRECTORY_UNUSABLE` when `strict` is set
 * @example configure({ dir: '/dev/shm/shop' })
 */
export function configure(options: ConfigureOptions): void {
  processHome().configure(options)
}
