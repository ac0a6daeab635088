import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import type { Registry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'

/** A registry of promhive, or of its modules for the clients. */
export interface ReadableRegistry {
  expose(accept?: string, names?: readonly string[]): Promise<{ readonly chunks: readonly Uint8Array[] }>
}

export interface ReadOptions {
  /** The registry in which a metric is looked up by name; by default the default registry. */
  readonly registry?: ReadableRegistry | undefined
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
  if (isRegistry(registry)) return registry
  throw new MetricsError('REGISTER_INVALID', `${what}: registry must be a Registry, got ${describe(registry)}`)
}

/** `gather()` is internal, and not in the types of a registry. */
function isRegistry(registry: unknown): registry is Registry {
  return typeof (registry as Partial<Registry> | null)?.gather === 'function'
}
