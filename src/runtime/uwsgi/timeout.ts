import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'

/** @throws MetricsError `OPTION_INVALID` unless it is a valid number of seconds */
export function checkTimeout(what: string, timeout: number): void {
  if (timeout > 0 && timeout <= 4) return
  const text = `${what}: timeout must be a number of seconds above 0, 4 at most, got ${describe(timeout)}`
  throw new MetricsError('OPTION_INVALID', text)
}
