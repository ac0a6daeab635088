import type { ConfigureOptions } from './configure-options.js'
import { processContext } from './current-context.js'

/**
 * Sets the directory or backend of the application, the receiver of errors, and other options. The environment variable
 * `PROMHIVE_DIR` sets the directory without code.
 *
 * @throws MetricsError `OPTION_INVALID`; and `DIRECTORY_UNUSABLE` with `strict`
 * @example configure({ dir: '/dev/shm/shop' })
 */
export function configure(options: ConfigureOptions): void {
  processContext().configure(options)
}
