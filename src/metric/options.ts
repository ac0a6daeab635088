import type { ExemplarLabels, LabelValueOrNone } from '../model/label-set.js'
import type { GaugeMode, StateSetMode } from '../model/metric-type.js'
import type { MetricRegistry } from './context.js'

/** A value for every declared label name, undefined for no value; labels in `D` have a default and are optional. */
export type LabelValues<L extends string, D extends string = never> = {
  readonly [K in Exclude<L, D>]: LabelValueOrNone
} & {
  readonly [K in D]?: LabelValueOrNone
}

/**
 * The arguments of a method such as `inc`. With labels, the label values come first. If the label name is `string`, the
 * compiler does not know the names, and both forms are accepted.
 *
 * @template Form an object that is accepted instead of all arguments
 */
export type VerbArguments<L extends string, Rest extends unknown[], D extends string = never, Form = never> = [
  L,
] extends [never]
  ? Rest | OneForm<Form>
  : string extends L
    ? Rest | LabelledArguments<Partial<LabelValues<L>>, Rest, Form>
    : [Exclude<L, D>] extends [never]
      ? Rest | LabelledArguments<LabelValues<L, D>, Rest, Form>
      : LabelledArguments<LabelValues<L, D>, Rest, Form>

/**
 * If labels alone are sufficient, labels and form are one union: TypeScript before 7 compares an object only with the
 * last of several tuples, and would report every label as unknown instead of the misspelt one.
 */
type LabelledArguments<Labels, Rest extends unknown[], Form> = [] extends Rest
  ? [labels: Labels | Form, ...rest: Rest]
  : [labels: Labels, ...rest: Rest] | OneForm<Form>

type OneForm<Form> = [Form] extends [never] ? never : [form: Form]

/** The arguments of `labels()`: the values in the declared order, or by name. */
export type LabelsArguments<L extends string, D extends string = never> =
  | [labels: [L] extends [never] ? Readonly<Record<string, never>> : LabelValues<L, D>]
  | PositionalValues<L>

/** A value for each label, in any order: the type of a metric has the names, not their order. */
export type PositionalValues<L extends string, Values extends LabelValueOrNone[] = []> = [L] extends [never]
  ? Values
  : string extends L
    ? LabelValueOrNone[]
    : PositionalValues<Exclude<L, OneOf<L>>, [...Values, LabelValueOrNone]>

/** One member of a union, always the same. */
type OneOf<L extends string> = (L extends string ? (one: () => L) => void : never) extends (one: infer F) => void
  ? F extends () => infer One
    ? One
    : never
  : never

/** Values for any of the labels; none for a metric without labels. */
export type AnyLabels<L extends string> = [L] extends [never]
  ? Readonly<Record<string, never>>
  : Partial<LabelValues<L>>

/** Values for some of the labels, and for nothing else. */
export type SomeLabels<L extends string, P> = P & { readonly [K in Exclude<keyof P, L>]: never }

/**
 * A child with the labels of `Given`: the result of `labels()` with some labels. It counts when it has the others as
 * well.
 */
export interface ChildOfSome<C, L extends string, D extends string, Given> {
  labels(labels: LabelValues<Exclude<L, Given>, D>): C
  labels<P extends object & Partial<LabelValues<Exclude<L, Given>>>>(
    labels: SomeLabels<Exclude<L, Given>, P>,
  ): ChildOfSome<C, L, D, Given | keyof P>
}

/** @template E whether `inc` and `observe` have prom-client's form */
export interface MetricOptions<L extends string, M = unknown, D extends string = never, E extends boolean = boolean> {
  /** The name as it is shown: `http_requests_total`. */
  readonly name: string
  /** What the metric counts, in one sentence. */
  readonly help: string
  readonly labelNames?: readonly L[] | undefined
  /** The unit, such as `seconds`. The name must end with it, before a counter's `_total`. */
  readonly unit?: string | undefined
  /** The registries that show the metric; by default the default registry, none if empty. */
  readonly registers?: readonly MetricRegistry[] | undefined
  /** The values of omitted labels; without a default, the series lacks the label. */
  readonly defaultLabels?: ({ readonly [K in D]: LabelValueOrNone } & Partial<LabelValues<NoInfer<L>>>) | undefined
  /**
   * Required labels: a count without them throws `LABEL_MISSING`. `true` means all labels without a default. By default
   * no label is required, and a series lacks labels without a value, as in prom-client.
   */
  readonly requiredLabels?: true | readonly NoInfer<L>[] | undefined
  /** The maximum number of series in this process. The default is that of `configure()`, or no limit. */
  readonly maxSeries?: number | undefined
  /**
   * What happens to label values above `maxSeries`: `overflow` (the default) counts them together in one series whose
   * labels all read `_overflow`, so that totals stay right; `drop` counts them nowhere; `throw` refuses them.
   */
  readonly onLimit?: 'overflow' | 'drop' | 'throw' | undefined
  /** Seconds without a count in any process after which a series is removed from the application. */
  readonly expireAfter?: number | undefined
  /** prom-client's form of `inc` and `observe`: one object of labels, value and exemplarLabels. */
  readonly enableExemplars?: FormSwitch<E> | undefined
  /**
   * Updates the metric; may be async. Called before a scrape is answered, in the processes of `run`. If it runs in
   * every process, each one updates its own values: until the call ends, `reset`, `clear`, `remove` and
   * `removeByLabels` without a scope apply to this process only, and scrapes show the values of the previous call.
   */
  readonly collect?: ((this: M) => void | Promise<void>) | undefined
  /**
   * `each` (the default): every process runs `collect` every few seconds, for values that belong to a process. `serving`:
   * only the process that answers a scrape runs it and shows the value, for one that belongs to the application as a
   * whole, such as the length of a queue in a database.
   */
  readonly run?: 'each' | 'serving' | undefined
}

export interface GaugeOptions<L extends string, M = unknown, D extends string = never> extends MetricOptions<L, M, D> {
  /** How the gauges of several processes are merged. The default is `livesum`. */
  readonly mode?: GaugeMode | undefined
  /** The name of this option in Python's client. `mode` overrides it. */
  readonly multiprocess_mode?: GaugeMode | undefined
  /** prom-client's option for the mode: sum, first, min, max, average or omit. `mode` overrides it. */
  readonly aggregator?: string | undefined
}

export interface HistogramOptions<L extends string, M = unknown, D extends string = never, E extends boolean = boolean>
  extends MetricOptions<L, M, D, E> {
  /** Upper bounds, ascending; `+Inf` is implied. */
  readonly buckets?: readonly number[] | undefined
}

export interface SummaryOptions<L extends string, M = unknown, D extends string = never>
  extends MetricOptions<L, M, D> {
  /** The quantiles to show, each from 0 to 1. By default none. */
  readonly quantiles?: readonly number[] | undefined
  /** prom-client's name for `quantiles`, which overrides it. */
  readonly percentiles?: readonly number[] | undefined
  /** The maximum relative error of a shown quantile. The default is 0.01, which is 1 %; with a sliding window 0.02. */
  readonly relativeError?: number | undefined
  /** With `ageBuckets`, the quantiles are of this number of seconds; else of everything observed. */
  readonly maxAgeSeconds?: number | undefined
  /** Into how many parts the window is divided: as one ends, the oldest is dropped. Without `maxAgeSeconds`, no effect. */
  readonly ageBuckets?: number | undefined
  /** Whether a series that no process has observed in for `maxAgeSeconds` is removed, as with `expireAfter`. */
  readonly pruneAgedBuckets?: boolean | undefined
  /** Accepted for prom-client, whose sketches need it; no effect. */
  readonly compressCount?: number | undefined
}

export type InfoOptions<L extends string, M = unknown, D extends string = never> = Omit<
  MetricOptions<L, M, D>,
  'unit' | 'enableExemplars' | 'expireAfter'
>

export interface StateSetOptions<S extends string, L extends string, M = unknown, D extends string = never>
  extends InfoOptions<L, M, D> {
  /** All states, in the order in which they are shown. */
  readonly states: readonly S[]
  /** How the states of several processes are merged. The default is `mostrecent`. */
  readonly mode?: StateSetMode | undefined
  /** The state that is shown until one is set; only for a stateset without labels. */
  readonly initial?: NoInfer<S> | undefined
}

export interface RemoveOptions {
  /**
   * `application`: the counts of every process, living or dead. `process`: the counts of this process. The default is
   * `process` in a `collect()` that runs in every process, and `application` everywhere else.
   */
  readonly scope?: 'application' | 'process' | undefined
}

/**
 * The type of `enableExemplars`. `E` is inferred from it; where type arguments are given, as in `new Counter<'path'>(…)`, it
 * is false, and any value is accepted.
 */
type FormSwitch<E extends boolean> = E | ([E] extends [false] ? boolean : E)

/**
 * The form, if the metric has it. Otherwise it is no alternative to the labels: editors would propose its properties, and
 * compilers report labels as missing in it. A metric with unknown label names may have it.
 */
export type FormIf<E extends boolean, L extends string, D extends string> = string extends L
  ? ExemplarForm<L, D>
  : [E] extends [false]
    ? never
    : ExemplarForm<L, D>

/** The argument of `inc` and `observe` for a metric with `enableExemplars`, as in prom-client. */
export type ExemplarForm<L extends string, D extends string = never> = {
  readonly value?: number | undefined
  readonly exemplarLabels?: ExemplarLabels | undefined
} & ([L] extends [never]
  ? { readonly labels?: Readonly<Record<string, never>> }
  : string extends L
    ? { readonly labels?: Partial<LabelValues<L>> }
    : { readonly labels: LabelValues<L, D> })
