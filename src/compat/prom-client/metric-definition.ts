import type { MetricRegistry } from '../../metric/context.js'
import { prometheusContentType } from '../../registry/content-types.js'
import type { ClientRules } from './client-rules.js'
import { areLabelNames, isObject, validateMetricName } from './validation.js'

/** What a metric is made from, checked: the options with their defaults, as the client assigns them to the metric. */
export interface MetricDefinition {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly registers: readonly MetricRegistry[]
  readonly collect: (() => void | Promise<void>) | undefined
  readonly aggregator: string
  readonly enableExemplars: boolean
  readonly [option: string]: unknown
}

/**
 * Checks the options of a metric in the client's order.
 *
 * @param defaults the defaults of the type of metric
 * @param reserved the label that the type writes itself
 * @throws TypeError, Error with the client's texts
 */
export function definitionOf(
  config: unknown,
  rules: ClientRules,
  defaults: Readonly<Record<string, unknown>>,
  reserved: string | undefined,
): MetricDefinition {
  if (!isObject(config)) throw new TypeError('constructor expected a config object')
  const fields: Record<string, unknown> = { labelNames: [], aggregator: 'sum', enableExemplars: false, ...defaults }
  // Undefined values are omitted.
  for (const [option, value] of Object.entries(config)) if (value !== undefined) fields[option] = value
  const { help, name, collect } = fields
  if (!help) throw new Error('Missing mandatory help parameter')
  if (!name) throw new Error('Missing mandatory name parameter')
  if (!validateMetricName(name as string)) throw new Error(rules.invalidName(name))
  const labelNames = (fields.labelNames ?? []) as string[]
  if (!areLabelNames(labelNames)) throw new Error(rules.invalidLabelNames(labelNames))
  if (collect && typeof collect !== 'function') throw new Error('Optional "collect" parameter must be a function')
  const registers = [...((fields.registers || [rules.globalRegistry()]) as readonly MetricRegistry[])]
  if (fields.enableExemplars) for (const registry of registers) checkShowsExemplars(registry)
  if (reserved !== undefined && labelNames.includes(reserved))
    throw new Error(`${reserved} is a reserved label keyword`)
  return {
    ...fields,
    name: String(name),
    help: String(help),
    // A label that is declared twice is one label.
    labelNames: [...new Set(labelNames)],
    registers,
    collect: (collect || undefined) as MetricDefinition['collect'],
    aggregator: fields.aggregator as string,
    enableExemplars: Boolean(fields.enableExemplars),
  }
}

function checkShowsExemplars(registry: MetricRegistry & { readonly contentType?: unknown }): void {
  if (registry.contentType !== prometheusContentType) return
  throw new TypeError('Exemplars are supported only on OpenMetrics registries')
}
