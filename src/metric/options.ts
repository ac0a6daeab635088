import type { ExemplarLabels, LabelValueOrNone } from '../model/label-set.js'
import type { GaugeMode, StateSetMode } from '../model/metric-type.js'
import type { MetricRegistry } from './context.js'

/**
 * A value for every declared label name, undefined where there is none; those of `D` have a default, and may be left out.
 */
export type LabelValues<L extends string, D extends string = never> = {
  readonly [K in Exclude<L, D>]: LabelValueOrNone
} & {
  readonly [K in D]?: LabelValueOrNone
}

/**
 * The arguments of a verb: with labels the label values come first; without labels there are none.
 * `string` as the label name means that the names are not known to the compiler, and both are accepted.
 *
 * @template Form an object that is accepted in place of all arguments
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
 * Where labels alone are enough, labels and form are one union: TypeScript before 7 compares an object with the last of
 * several tuples, and would name every label as unknown in the form in place of the one that is misspelt.
 */
type LabelledArguments<Labels, Rest extends unknown[], Form> = [] extends Rest
  ? [labels: Labels | Form, ...rest: Rest]
  : [labels: Labels, ...rest: Rest] | OneForm<Form>

type OneForm<Form> = [Form] extends [never] ? never : [form: Form]

/** What `labels()` takes: the values in the declared order, or by name. */
export type LabelsArguments<L extends string, D extends string = never> =
  | [labels: [L] extends [never] ? Readonly<Record<string, never>> : LabelValues<L, D>]
  | PositionalValues<L>

/** A value for each label, however they are ordered: the type of a metric knows the names, not their order. */
export type PositionalValues<L extends string, Values extends LabelValueOrNone[] = []> = [L] extends [never]
  ? Values
  : string extends L
    ? LabelValueOrNone[]
    : PositionalValues<Exclude<L, OneOf<L>>, [...Values, LabelValueOrNone]>

/** Any one of a union, always the same. */
type OneOf<L extends string> = (L extends string ? (one: () => L) => void : never) extends (one: infer F) => void
  ? F extends () => infer One
    ? One
    : never
  : never

/** Values for some of the labels, and for nothing else. */
export type SomeLabels<L extends string, P> = P & { readonly [K in Exclude<keyof P, L>]: never }

/** A child that has the labels of `Given`: what `labels()` gives for some. It counts when it has the others as well. */
export interface ChildOfSome<C, L extends string, D extends string, Given> {
  labels(labels: LabelValues<Exclude<L, Given>, D>): C
  labels<P extends object & Partial<LabelValues<Exclude<L, Given>>>>(
    labels: SomeLabels<Exclude<L, Given>, P>,
  ): ChildOfSome<C, L, D, Given | keyof P>
}

export interface MetricOptions<L extends string, M = unknown, D extends string = never> {
  /** As it is shown: `http_requests_total`. */
  readonly name: string
  /** What it counts, in one sentence. */
  readonly help: string
  readonly labelNames?: readonly L[] | undefined
  /** What it is measured in, such as `seconds`: the name ends with it, before a counter's `_total`. */
  readonly unit?: string | undefined
  /** Where it is shown; the default registry when left out, nowhere when empty. */
  readonly registers?: readonly MetricRegistry[] | undefined
  /** The value of a label that is left out; without a default the series lacks the label. */
  readonly defaultLabels?: ({ readonly [K in D]: LabelValueOrNone } & Partial<LabelValues<NoInfer<L>>>) | undefined
  /**
   * Labels without which nothing is counted: `LABEL_MISSING` is thrown instead. `true` for all that have no default. When
   * left out, a label without a value is one that the series lacks, as in prom-client.
   */
  readonly requiredLabels?: true | readonly NoInfer<L>[] | undefined
  /** How many series this process may make; unlimited when left out, here and in `configure()`. */
  readonly maxSeries?: number | undefined
  /**
   * What happens to label values beyond `maxSeries`: `overflow` (the default) counts them together in one series whose
   * labels all read `_overflow`, so that totals stay right; `drop` counts them nowhere; `throw` refuses them.
   */
  readonly onLimit?: 'overflow' | 'drop' | 'throw' | undefined
  /** Seconds after which a series that no process has counted in is removed from the application. */
  readonly expireAfter?: number | undefined
  /** prom-client's form of `inc` and `observe`: one object of labels, value and exemplarLabels. */
  readonly enableExemplars?: boolean | undefined
  /**
   * Brings the metric up to date; may be async. Called before a scrape is answered, and see `run`. Where it runs in every
   * process, each updates its own values: until the call ends, `reset`, `clear`, `remove` and `removeByLabels` without a
   * scope apply to this process only, and scrapes show the series that they name as the call before left them.
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
  /** How the gauges of many processes become one: `livesum` when left out. */
  readonly mode?: GaugeMode | undefined
  /** The word of Python's client for the mode. `mode` wins. */
  readonly multiprocess_mode?: GaugeMode | undefined
  /** prom-client's word for the mode: sum, first, min, max, average or omit. `mode` wins. */
  readonly aggregator?: string | undefined
}

export interface HistogramOptions<L extends string, M = unknown, D extends string = never>
  extends MetricOptions<L, M, D> {
  /** Upper bounds, ascending; `+Inf` is implied. */
  readonly buckets?: readonly number[] | undefined
}

export interface SummaryOptions<L extends string, M = unknown, D extends string = never>
  extends MetricOptions<L, M, D> {
  /** Which quantiles to show, each from 0 to 1; none when left out. */
  readonly quantiles?: readonly number[] | undefined
  /** prom-client's word for the quantiles. `quantiles` wins. */
  readonly percentiles?: readonly number[] | undefined
  /** The maximum relative error of a shown quantile: 0.01, which is 1 %, when left out; with a sliding window 0.02. */
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
  /** Every state that there is, in the order in which they are shown. */
  readonly states: readonly S[]
  /** How the states of many processes become one: `mostrecent` when left out. */
  readonly mode?: StateSetMode | undefined
  /** The state that is shown until one is set; only without labels. */
  readonly initial?: NoInfer<S> | undefined
}

export interface RemoveOptions {
  /**
   * `application`: of every process, living or dead. `process`: what this one counted. When left out, `process` in a
   * `collect()` that runs in every process, and `application` everywhere else.
   */
  readonly scope?: 'application' | 'process' | undefined
}

/** What `inc` and `observe` take when the metric was made with `enableExemplars`: prom-client's form. */
export type ExemplarForm<L extends string, D extends string = never> = {
  readonly value?: number | undefined
  readonly exemplarLabels?: ExemplarLabels | undefined
} & ([L] extends [never]
  ? { readonly labels?: Readonly<Record<string, never>> }
  : string extends L
    ? { readonly labels?: Partial<LabelValues<L>> }
    : { readonly labels: LabelValues<L, D> })
