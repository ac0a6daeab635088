import { oneOf } from '../metric/definition.js'
import { checkOptions, type OptionNames } from '../model/known-options.js'

export interface RegistryOptions {
  /**
   * Processes that use the same name mean the same registry, and so do two registries of one process. Without a name,
   * registries are distinguished by the order of their creation. `default` is refused: use `register`.
   */
  readonly name?: string | undefined
  /** Prefix of the names of the metrics that are created in this registry: `shop_` makes `jobs_total` `shop_jobs_total`. */
  readonly prefix?: string | undefined
  /**
   * What happens to a second metric of the same name and definition: with `same` (the default) it is another handle of the
   * first one; with `throw` it is an error, as in prom-client.
   */
  readonly duplicates?: 'same' | 'throw' | undefined
  /**
   * `process` keeps its metrics in this process, and releases them with the registry: for a registry that is created to
   * answer a single request, such as that of a probe. By default, they belong to the application.
   */
  readonly scope?: 'application' | 'process' | undefined
}

const registryOptions = {
  name: true,
  prefix: true,
  duplicates: true,
  scope: true,
} as const satisfies OptionNames<RegistryOptions>

/** @throws MetricsError `OPTION_INVALID` */
export function checkRegistryOptions(options: RegistryOptions) {
  checkOptions('registry', options, registryOptions)
  const { name, prefix, duplicates = 'same', scope = 'application' } = options
  oneOf('registry', 'scope', scope, ['application', 'process'])
  return { name, prefix, duplicates, scope }
}
