import { defaultRegistryName } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'

/**
 * Throws `OPTION_INVALID` for a name that belongs to another registry: the default one, or one without a name.
 *
 * @param first whether the registry is the first of its process: the default one
 */
export function checkRegistryName(name: unknown, first: boolean): void {
  if (name === undefined) return
  const fault =
    typeof name !== 'string' || name === ''
      ? `must be a text, got ${describe(name)}`
      : name.startsWith('~')
        ? `cannot begin with "~", got ${describe(name)}: such names are reserved for registries without a name`
        : name === defaultRegistryName && !first
          ? `cannot be "${name}", the name of the default registry; use register, or another name`
          : undefined
  if (fault !== undefined) throw new MetricsError('OPTION_INVALID', `the name of a registry ${fault}`)
}
