import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import type { ExemplarLabels } from '../model/label-set.js'
import { describe } from '../model/metric-name.js'
import type { LabelTexts } from '../model/series-ref.js'
import { Child, type ChildOwner } from './child.js'
import { readExemplarForm } from './exemplar-form.js'
import { LabelledMetric } from './labelled.js'
import { counterOptions } from './option-names.js'
import type { FormIf, LabelValues, MetricOptions, VerbArguments } from './options.js'

/** One series of a counter. */
export class CounterChild extends Child {
  /**
   * Adds `amount`, by default 1.
   *
   * @param exemplar labels of an exemplar, such as a trace ID
   *
   * @throws MetricsError `VALUE_INVALID` if it is not a finite number, `COUNTER_DECREASED` for a negative one
   */
  inc(amount = 1, exemplar?: ExemplarLabels): void {
    if (typeof amount === 'number' && amount >= 0 && amount < Infinity && this.gate[0] === this.seen)
      this.values[this.at]! += amount
    else this.incFirst(amount)
    if (exemplar) this.exemplify(0, amount ?? 1, exemplar)
  }

  /** @internal Keeps an example of what was counted, with the value that the series has in this process. */
  exemplifyTotal(exemplar: ExemplarLabels): void {
    this.exemplify(0, this.values[this.at]!, exemplar)
  }

  private incFirst(amount: number | null): void {
    const added = checkAmount(this.family.name, amount)
    this.open()
    this.values[this.at]! += added
  }
}

/**
 * Counts something that only increases: requests, errors, bytes sent.
 *
 * @example
 * const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.', labelNames: ['method', 'status'] })
 * requests.inc({ method: 'GET', status: 200 })
 * requests.labels('GET', '200').inc(2)
 */
export class Counter<L extends string = never, D extends L = never, E extends boolean = false> extends LabelledMetric<
  L,
  CounterChild,
  D
> {
  /**
   * Creates a counter and registers it.
   *
   * @throws MetricsError for an invalid name, help, label name or registry
   */
  constructor(options: MetricOptions<L, Counter<L, D, E>, D, E>)
  /** @internal */
  constructor(options: MetricOptions<L, Counter<L, D, E>, D, E>, part?: { readonly perWriter?: true })
  constructor(options: MetricOptions<L, Counter<L, D, E>, D, E>, part: { readonly perWriter?: true } = {}) {
    const reserved = part?.perWriter ? 'perWriter' : []
    super(options as MetricOptions<L, never, D>, counterOptions, () => ({ type: 'counter', ...part }), reserved)
  }

  /** Adds `amount`, by default 1, to the series of these labels, with an optional exemplar. */
  inc(
    ...args: VerbArguments<L, [amount?: number | undefined, exemplar?: ExemplarLabels | undefined], D, FormIf<E, L, D>>
  ): void
  inc(first?: unknown, second?: number | ExemplarLabels, exemplar?: ExemplarLabels): void {
    if (typeof first !== 'object' || first === null)
      this.only.inc(first as number | undefined, second as ExemplarLabels | undefined)
    else if (this.exemplarForm) {
      const { labels = {}, value, exemplarLabels } = readExemplarForm(this.name, first)
      this.find(labels).inc(value, exemplarLabels)
    } else this.find(first as LabelValues<L>).inc(second as number | undefined, exemplar)
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): CounterChild {
    return new CounterChild(family, owner, texts)
  }
}

function checkAmount(name: string, amount: number | null): number {
  if (amount === null) return 1
  if (typeof amount !== 'number' || !Number.isFinite(amount)) {
    throw new MetricsError(
      'VALUE_INVALID',
      `${name}: ${describe(amount)} is not a finite number; a counter takes 0 or more`,
    )
  }
  if (amount < 0) {
    throw new MetricsError(
      'COUNTER_DECREASED',
      `${name}: a counter only goes up, cannot add ${amount}; use a gauge for what goes down`,
    )
  }
  return amount
}
