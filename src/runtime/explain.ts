import type { SeriesCosts } from '../gather/costs/series-costs.js'
import { MetricsError } from '../model/errors.js'
import { checkOptions, type OptionNames } from '../model/known-options.js'
import { describe } from '../model/metric-name.js'
import { held } from '../platform/held.js'
import type { Registry } from '../registry/registry.js'
import { register } from './default-registry.js'

export interface ExplainOptions {
  /** The number of workers of each deployment. The default is the number of processes and threads that count now. */
  readonly workers?: number | undefined
}

const explainOptions = { workers: true } as const satisfies OptionNames<ExplainOptions>

/**
 * Measures how many series and bytes the metrics of a registry cost: merged, with a series for each worker, and with a
 * target for each worker.
 *
 * @param registry the registry; by default `register`
 * @throws MetricsError `OPTION_INVALID` for something else than a registry, or a number of workers below 1;
 * `SCRAPE_INCOMPLETE` if values of a process are missing
 * @example
 * const { merged, perTarget } = await explain(register, { workers: 8 })
 * console.log(`${merged.text.series} series, or ${perTarget.text.series} with a target for each of 8 workers`)
 */
export function explain(registry: Registry = register, options: ExplainOptions = {}): Promise<SeriesCosts> {
  return held(explainNow(registry, options))
}

async function explainNow(registry: Registry, options: ExplainOptions): Promise<SeriesCosts> {
  if (typeof (registry as Registry | undefined)?.gather !== 'function')
    throw new MetricsError('OPTION_INVALID', `explain takes a registry, got ${describe(registry)}`)
  checkOptions('explain', options, explainOptions)
  const { workers } = options
  if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1))
    throw new MetricsError('OPTION_INVALID', `explain: workers must be a whole number from 1, got ${describe(workers)}`)
  const { explained } = await import('../gather/costs/explained.js')
  return explained(registry, (labels) => registry.context.formatters(labels), workers)
}
