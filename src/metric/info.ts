import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import { exactFilter, type SeriesKey } from '../model/series-key.js'
import type { LabelTexts } from '../model/series-ref.js'
import { Child, type ChildOwner } from './child.js'
import type { MetricContext } from './context.js'
import { LabelledMetric } from './labelled.js'
import { infoOptions } from './option-names.js'
import type { InfoOptions, LabelValues, VerbArguments } from './options.js'

/** One series of an info. */
export class InfoChild extends Child {
  /** @internal */
  constructor(
    family: FamilyDescriptor,
    owner: ChildOwner,
    texts: LabelTexts | undefined,
    private readonly replace: (key: SeriesKey) => void,
  ) {
    super(family, owner, texts)
  }

  /** Sets these label values, instead of those that this process set before. */
  info(): void {
    // Opening the series is enough, because its value is 1. If label values are refused, the previous ones stay.
    if (this.gate[0] !== this.seen) this.open()
    this.replace(this.countedKey)
  }
}

/** The latest labels of this process, by definition: a second metric with the same definition continues from them. */
const presentInfos = new WeakMap<MetricContext, Map<string, SeriesKey>>()

/**
 * Shows constant facts as label values: a version, a commit, a configuration.
 *
 * All living processes are shown together: those with the same values are one series, and the values of a dead process
 * are removed. A call replaces the earlier values of this process.
 *
 * @example
 * const build = new Info({ name: 'build_info', help: 'What is running.', labelNames: ['version', 'commit'] })
 * build.info({ version: '1.4.2', commit: '3f0c1a9' })
 */
export class Info<L extends string = never, D extends L = never> extends LabelledMetric<L, InfoChild, D> {
  /**
   * Creates an info and registers it.
   *
   * @throws MetricsError as for a counter, and `UNIT_MISMATCH` for a unit, which an info cannot have
   */
  constructor(options: InfoOptions<L, Info<L, D>, D>) {
    super(options as InfoOptions<L, never, D>, infoOptions, () => ({ type: 'info' }))
  }

  /** Sets these label values, instead of those that this process set before. */
  info(...args: VerbArguments<L, [], D>): void
  info(labels?: object): void {
    if (labels === undefined) this.only.info()
    else this.find(labels as LabelValues<L>).info()
  }

  /** @internal */
  override discard(): void {
    super.discard()
    this.presentKeys().delete(definitionKey(this.family))
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): InfoChild {
    return new InfoChild(family, owner, texts, (key) => this.replace(key))
  }

  private replace(key: SeriesKey): void {
    const definition = definitionKey(this.family)
    const present = this.presentKeys()
    const before = present.get(definition)
    present.set(definition, key)
    if (before === undefined || before === key) return
    this.removeAll(exactFilter(this.family.labelNames, before), { scope: 'process' })
  }

  private presentKeys(): Map<string, SeriesKey> {
    let present = presentInfos.get(this.context)
    if (present === undefined) presentInfos.set(this.context, (present = new Map()))
    return present
  }
}
