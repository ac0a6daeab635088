import type { Gathered } from '../../gather/gatherer.js'
import { valuesOf } from '../../gather/prom-client-values.js'
import { MetricsError } from '../../model/errors.js'
import { familiesNamed, isTable, nameOf } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import { held } from '../../platform/held.js'
import type { Registry } from '../../registry/registry.js'
import { processContext } from '../../runtime/current-context.js'
import { listed } from './listed.js'

/** One sample of a metric. */
export interface ReadSample {
  readonly labels: object
  readonly value: number
  /** The name of the sample, if it is not that of the metric. */
  readonly metricName?: string | undefined
}

/** What `get()` of a metric returns. */
export interface ReadValues {
  readonly name: string
  readonly type: unknown
  readonly values: readonly ReadSample[]
}

/** A metric to read, of any library: an object with a name and `get()`. */
export interface ReadableMetric<L extends string = string> {
  readonly name: string
  readonly labelNames?: readonly L[]
  get(): ReadValues | Promise<ReadValues>
}

/** The argument of `readValue()`: a metric, or the name of a sample. */
export type Readable = ReadableMetric | string

export type FoundSample = ReadSample & { readonly labels: Readonly<Record<string, unknown>> }

/** A family that was read: its samples, merged over all processes of the application. */
export interface FoundFamily {
  readonly name: string
  readonly type: string
  /** The label names that its samples may have. */
  readonly labelNames: ReadonlySet<string>
  readonly samples: readonly FoundSample[]
  /** Labels that the registry adds to every series. */
  readonly defaultLabels: LabelSet
}

/**
 * Reads a metric, or the family of a registry that has the name or prints a sample of the name.
 *
 * @throws MetricsError `METRIC_NOT_FOUND` if the registry has no such family
 */
export async function findFamily(metric: ReadableMetric | string, registry: Registry): Promise<FoundFamily> {
  if (typeof metric === 'string') return findByName(metric, registry)
  if (typeof metric?.get !== 'function') {
    const text = `a metric, or the name of one, is needed to read a value; got ${describe(metric)}`
    throw new MetricsError('METRIC_NOT_FOUND', text)
  }
  return foundFamily(await held(Promise.resolve(metric.get())), metric.labelNames)
}

async function findByName(name: string, registry: Registry): Promise<FoundFamily> {
  const gathered = await held(registry.gather({ perWorker: false }))
  try {
    // The family of exactly this name takes precedence over one that prints a sample of it.
    const named = familiesNamed(gathered.families, [name])
    const family = named.find((each) => nameOf(each) === name) ?? named[0]
    if (family === undefined) throw notFound(name, registry, gathered)
    const labelNames = isTable(family) ? family.labelNames : []
    return foundFamily(valuesOf(family, gathered.defaultLabels), labelNames, gathered.defaultLabels)
  } finally {
    gathered.release()
  }
}

function foundFamily(
  { name, type, values }: ReadValues,
  declared: readonly string[] = [],
  defaultLabels: LabelSet = {},
): FoundFamily {
  const typeName = String(type)
  const labelNames = new Set(declared)
  if (typeName === 'histogram') labelNames.add('le')
  if (typeName === 'summary') labelNames.add('quantile')
  if (typeName === 'stateset') labelNames.add(name)
  for (const { labels } of values) for (const label of Object.keys(labels ?? {})) labelNames.add(label)
  return { name, type: typeName, labelNames, samples: values as readonly FoundSample[], defaultLabels }
}

function notFound(name: string, registry: Registry, { families }: Gathered): MetricsError {
  const names = families.map(nameOf)
  const meant = nearest(name, names)
  const others = [...processContext().registries].flatMap((members) => members.all()).map((member) => member.name)
  const advice =
    meant !== undefined
      ? `did you mean ${meant}?`
      : others.includes(name)
        ? 'another registry has it: pass { registry }'
        : names.length === 0
          ? 'the registry has no metrics'
          : `the registry has ${listed(names)}`
  return new MetricsError('METRIC_NOT_FOUND', `there is no metric ${describe(name)} in ${titleOf(registry)}; ${advice}`)
}

function titleOf(registry: Registry): string {
  return registry === processContext().registry ? 'the default registry' : 'this registry'
}
