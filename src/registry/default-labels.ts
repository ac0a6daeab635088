import type { MetricRegistry } from '../metric/context.js'
import { Gauge } from '../metric/gauge.js'
import { MetricsError } from '../model/errors.js'
import type { FamilyTable } from '../model/family.js'
import {
  checkLabelNames,
  isLabelObject,
  type LabelSet,
  type LabelValue,
  type LabelValueOrNone,
  textOf,
} from '../model/label-set.js'
import { describe } from '../model/metric-name.js'
import { setImmediate } from '../platform/timers.js'
import { hiddenRegistry, hiddenSeries } from './hidden-registry.js'

const familyName = 'promhive_default_labels'

/**
 * The default labels of a named registry. A scrape adds those of the process that answers to the sums of all, so each
 * process publishes its own, and the process that answers reports differences.
 */
export class DefaultLabels {
  /** As they are shown. */
  labels: LabelSet = {}
  /** With the values as they were passed. */
  passedLabels: Readonly<Record<string, LabelValue>> = {}
  private gauge: Gauge<'labels' | 'registry'> | undefined
  private published: string | undefined
  /** What this process published before: a scrape that has begun may still read it. */
  private before: string | undefined
  private reported: string | undefined

  /** @param name of the registry; undefined for one without, which does not publish */
  constructor(
    private readonly name: string | undefined,
    private readonly context: MetricRegistry['context'],
  ) {}

  /** Throws `OPTION_INVALID` unless it is an object of labels. */
  set(labels: Readonly<Record<string, LabelValueOrNone>>): void {
    if (!isLabelObject(labels)) {
      const text = `setDefaultLabels takes an object of label values, got ${describe(labels)}`
      throw new MetricsError('OPTION_INVALID', text)
    }
    checkLabelNames('setDefaultLabels', Object.keys(labels), ['le', 'quantile'])
    const present = Object.entries(labels).filter(([, value]) => value !== undefined && value !== null)
    this.labels = Object.fromEntries(present.map(([name, value]) => [name, textOf('setDefaultLabels', name, value)]))
    this.passedLabels = Object.fromEntries(present) as Record<string, LabelValue>
    // After this turn of the event loop, so that configure() has been called.
    if (this.name !== undefined) setImmediate(() => this.publish()).unref()
  }

  /**
   * Reports once if living processes have set other labels than this one.
   *
   * @param hidden the families that no scrape shows
   */
  check(hidden: readonly FamilyTable[]): void {
    if (this.name === undefined) return
    const localLabels = jsonOf(this.labels)
    const ours = [localLabels, this.published, this.before]
    const others = publishedIn(hidden, this.name).filter((labels) => !ours.includes(labels))
    const found = others.sort().join()
    if (found === this.reported || (found === '' && this.reported === undefined)) return
    this.reported = found
    if (found === '') return
    const text = `the default labels of registry "${this.name}" differ between processes: this process has ${localLabels}, another one ${others[0]}. A scrape shows the sums of all processes with the labels of the process that answers. Set the same default labels in every process; for values that differ, use a label of the metric or a gauge of mode "all"`
    this.context.onError(new MetricsError('DEFAULT_LABELS_DIFFER', text))
  }

  private publish(): void {
    const labels = jsonOf(this.labels)
    if (labels === this.published) return
    try {
      const registry = String(this.name)
      if (this.published !== undefined) this.gauge?.remove({ labels: this.published, registry }, { scope: 'process' })
      this.before = this.published
      this.published = undefined
      // A process without default labels publishes nothing.
      if (labels === '{}') return
      this.gauge ??= gaugeOf(this.context)
      this.gauge.set({ labels, registry }, 1)
      this.published = labels
    } catch (cause) {
      this.context.onError(cause as MetricsError)
    }
  }
}

function gaugeOf(context: MetricRegistry['context']): Gauge<'labels' | 'registry'> {
  return new Gauge({
    name: familyName,
    help: 'How many processes have set these default labels.',
    labelNames: ['labels', 'registry'],
    registers: [hiddenRegistry(context)],
  })
}

/** The default labels that living processes have set for a registry. */
function publishedIn(hidden: readonly FamilyTable[], name: string): string[] {
  const series = hiddenSeries(hidden, familyName)
  return series.flatMap(([labels, registry]) => (registry === name && typeof labels === 'string' ? [labels] : []))
}

/** Returns the same text for the same labels in any order. */
function jsonOf(labels: LabelSet): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
}
