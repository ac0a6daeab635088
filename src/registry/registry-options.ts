import { oneOf } from '../metric/definition.js'
import { checkOptions, type OptionNames } from '../model/known-options.js'

export interface RegistryOptions {
  /**
   * Processes that use the same name mean the same registry, and so do two registries of one process. Left out, registries
   * are distinguished by the order in which they are made. `default` is refused: use `register`.
   */
  readonly name?: string | undefined
  /** Put in front of the names of the metrics that are made in this registry: `shop_` makes `jobs_total` `shop_jobs_total`. */
  readonly prefix?: string | undefined
  /**
   * What a second metric of the same name and definition is: `same` (the default) the first one, counted from another
   * place; `throw` an error, as in prom-client.
   */
  readonly duplicates?: 'same' | 'throw' | undefined
  /**
   * `process` keeps its metrics in this process, and releases them with the registry: for one that is made to answer a
   * single request, such as a probe's. By default, they belong to the application.
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
