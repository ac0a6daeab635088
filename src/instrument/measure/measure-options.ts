import type { MetricRegistry } from '../../metric/context.js'
import { checkBounds } from '../../model/bounds.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { checkLabelNames, type LabelValueOrNone } from '../../model/label-set.js'
import { checkMetricName, describe } from '../../model/metric-name.js'

// biome-ignore lint/suspicious/noExplicitAny: any function at all, whose own type comes back
export type AnyFunction = (this: any, ...args: any[]) => any

/** Values of labels that a function computes; the series lacks an omitted label. */
export type ComputedLabels<L extends string> = { readonly [K in L]?: LabelValueOrNone }

/** @template F the measured function, if its type is known */
export interface MeasureOptions<F extends AnyFunction, L extends string = string, R extends string = string> {
  /** The beginning of the names of the families: `mail` results in `mail_total`, `mail_duration_seconds` and so on. */
  readonly name: string
  /** A noun phrase with which the help texts begin. The default is `Calls of <name>`. */
  readonly help?: string | undefined
  /** The names of the labels that `labels` computes. */
  readonly labelNames?: readonly L[] | undefined
  /** Label values: constant, or a function of the arguments that is called before each call. */
  readonly labels?:
    | Readonly<Record<string, LabelValueOrNone>>
    | undefined
    | ((this: ThisParameterType<F>, ...args: Parameters<F>) => ComputedLabels<NoInfer<L>>)
  /** The names of the labels that `resultLabels` computes. */
  readonly resultLabelNames?: readonly R[] | undefined
  /** Label values that depend on the result, or on the error; called when the call has ended. `in_progress` lacks them. */
  readonly resultLabels?:
    | ((result: Awaited<ReturnType<F>> | undefined, error: unknown) => ComputedLabels<NoInfer<R>>)
    | undefined
  /** Returns the label `error_type` of an error. The default is the name of its class. */
  readonly errorType?: ((error: unknown) => string) | undefined
  /** Upper bounds of the duration, in `unit`. The default is 5 ms to 10 s. */
  readonly buckets?: readonly number[] | undefined
  /** The unit of the duration. The default is `seconds`. */
  readonly unit?: DurationUnit | undefined
  /** The registries that show the families. By default the default registry; none if empty. */
  readonly registers?: readonly MetricRegistry[] | undefined
  /** The maximum number of series of each family in this process; further calls are counted in one series `_overflow`. */
  readonly maxSeries?: number | undefined
}

export const durationUnits = { seconds: 1e-3, milliseconds: 1 } as const

export type DurationUnit = keyof typeof durationUnits

const known = {
  name: true,
  help: true,
  labelNames: true,
  labels: true,
  resultLabelNames: true,
  resultLabels: true,
  errorType: true,
  buckets: true,
  unit: true,
  registers: true,
  maxSeries: true,
} as const satisfies OptionNames<MeasureOptions<AnyFunction>>

/** @throws MetricsError `NAME_MISSING`, `NAME_INVALID`, `BUCKETS_INVALID`, `OPTION_INVALID` */
export function checkMeasureOptions(options: MeasureOptions<AnyFunction>): void {
  if (typeof options !== 'object' || options === null) {
    const text = `measure: options must be an object with a name, got ${describe(options)}; pass { name: 'mail' }`
    throw new MetricsError('OPTION_INVALID', text)
  }
  const { name, labels, labelNames, resultLabels, resultLabelNames, errorType, buckets, unit } = options
  checkMetricName(name)
  checkOptions(`measure: ${name}`, options, known)
  const invalid = (text: string): never => {
    throw new MetricsError('OPTION_INVALID', `measure: ${name}: ${text}`)
  }
  if (name.endsWith('_total')) {
    invalid(`_total is added to the name; leave it out`)
  }
  if (unit !== undefined && !Object.hasOwn(durationUnits, unit)) {
    invalid(`unit must be one of ${Object.keys(durationUnits).join(', ')}, got ${describe(unit)}`)
  }
  if (typeof labels === 'function' ? labelNames === undefined : labels !== undefined && !isObject(labels)) {
    invalid(`labels must be an object, or a function together with labelNames`)
  }
  if (typeof labels !== 'function' && labelNames !== undefined) {
    invalid(`labelNames needs a function labels; pass one, or leave labelNames out`)
  }
  if ((resultLabels === undefined) !== (resultLabelNames === undefined)) {
    invalid(`resultLabels and resultLabelNames belong together; give both, or neither`)
  }
  for (const [option, value] of Object.entries({ resultLabels, errorType })) {
    if (value !== undefined && typeof value !== 'function') {
      invalid(`${option} must be a function, got ${describe(value)}`)
    }
  }
  const staticNames = typeof labels === 'object' ? Object.keys(labels) : []
  const names = [...staticNames, ...(labelNames ?? []), ...(resultLabelNames ?? [])]
  // Checked before any family is created, so that an error leaves none of them behind.
  checkLabelNames(`measure: ${name}`, names, ['le', 'error_type'])
  checkBounds(`${name}_duration_${unit ?? 'seconds'}`, buckets)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
