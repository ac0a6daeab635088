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

  /** Says these label values, instead of what this process said before. */
  info(): void {
    // To open the series is all: its value is 1. Label values that are refused leave what was said before.
    if (this.gate[0] !== this.seen) this.open()
    this.replace(this.countedKey)
  }
}

/** The latest labels of this process, by definition: a second metric of the same one continues from there. */
const saidBy = new WeakMap<MetricContext, Map<string, SeriesKey>>()

/**
 * Says what is so and has no number, in label values: a version, a commit, a configuration.
 *
 * All living processes are shown together: those that say the same are one series, and what a dead one said is gone. A
 * call replaces what this process said before.
 *
 * @example
 * const build = new Info({ name: 'build_info', help: 'What is running.', labelNames: ['version', 'commit'] })
 * build.info({ version: '1.4.2', commit: '3f0c1a9' })
 */
export class Info<L extends string = never, D extends L = never> extends LabelledMetric<L, InfoChild, D> {
  /** @throws MetricsError as for a counter, and `UNIT_MISMATCH` for a unit: an info has none */
  constructor(options: InfoOptions<L, Info<L, D>, D>) {
    super(options as InfoOptions<L, never, D>, infoOptions, () => ({ type: 'info' }))
  }

  /** Says these label values, instead of what this process said before. */
  info(...args: VerbArguments<L, [], D>): void
  info(labels?: object): void {
    if (labels === undefined) this.only.info()
    else this.find(labels as LabelValues<L>).info()
  }

  /** @internal */
  override discard(): void {
    super.discard()
    this.said().delete(definitionKey(this.family))
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): InfoChild {
    return new InfoChild(family, owner, texts, (key) => this.replace(key))
  }

  private replace(key: SeriesKey): void {
    const definition = definitionKey(this.family)
    const said = this.said()
    const before = said.get(definition)
    said.set(definition, key)
    if (before === undefined || before === key) return
    this.removeAll(exactFilter(this.family.labelNames, before), { scope: 'process' })
  }

  private said(): Map<string, SeriesKey> {
    let said = saidBy.get(this.context)
    if (said === undefined) saidBy.set(this.context, (said = new Map()))
    return said
  }
}
