import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import type { Registry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'

export interface ReadOptions {
  /** Where a metric is looked up that is given by its name; the default registry when left out. */
  readonly registry?: Registry | undefined
}

export const readOptions = { registry: true } as const satisfies OptionNames<ReadOptions>

/**
 * Checks the options of a function of the kit, and returns the registry to read.
 *
 * @throws MetricsError `OPTION_INVALID`, `REGISTER_INVALID`
 */
export function registryIn(what: string, options: ReadOptions, known: object): Registry {
  checkOptions(what, options, known)
  const { registry = processContext().registry } = options
  if (typeof registry?.gather === 'function') return registry
  throw new MetricsError('REGISTER_INVALID', `${what}: registry must be a Registry, got ${describe(registry)}`)
}
