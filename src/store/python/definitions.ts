import { defaultRegistryName, type FamilyDescriptor } from '../../model/descriptor.js'
import { defaultRelativeError } from '../../model/quantile-sketch.js'
import { type SeriesKey, seriesKey } from '../../model/series-key.js'
import type { KeySeries } from './file-key.js'
import type { FileName } from './file-name.js'

interface Known {
  labelNames: readonly string[]
  readonly descriptors: Map<string, FamilyDescriptor>
}

/** A summary of Python's client has no quantiles, and neither does promhive's by default. */
const withoutQuantiles = { quantiles: [], relativeError: defaultRelativeError } as const

/** The label by which Python's client distinguishes the processes of a gauge in mode `all` or `liveall`. */
const processLabel = 'pid'

/**
 * The families of all files of a directory, by name. The same definition has the same descriptor in every file.
 *
 * A family has every label that any file has, because two versions of an application may run at the same time: Python's
 * client shows their series side by side, and a series without a label lacks it here as well.
 */
export class Definitions {
  private readonly known = new Map<string, Known>()
  /** Incremented when a known family gets another label: what was read before has too few. */
  edition = 0

  /** Returns the key of a series of a file, and remembers the labels that it has. */
  seriesKeyOf(file: FileName, series: KeySeries): SeriesKey {
    const { mode } = file
    const { resolved } = series
    if (resolved !== undefined && resolved.edition === this.edition && resolved.mode === mode) return resolved.key
    const labels = labelsIn(file, series.labels)
    const labelNames = this.labelNamesOf(
      file,
      series.name,
      labels.map(([name]) => name),
    )
    const key = keyOf(labelNames, labels)
    if (!isOfEachProcess(file)) series.resolved = { mode, edition: this.edition, key }
    return key
  }

  /** Returns the label names of a family, those of a series included. */
  private labelNamesOf({ type, mode }: FileName, name: string, labels: readonly string[]): readonly string[] {
    const id = `${type} ${mode} ${name}`
    let known = this.known.get(id)
    if (known === undefined) this.known.set(id, (known = { labelNames: labels, descriptors: new Map() }))
    const { labelNames } = known
    if (labels.length === labelNames.length && labels.every((label, i) => label === labelNames[i])) return labelNames
    if (labels.some((label) => !labelNames.includes(label))) {
      known.labelNames = [...new Set([...labelNames, ...labels])].sort()
      known.descriptors.clear()
      this.edition++
    }
    return known.labelNames
  }

  /** @param bounds of a histogram: its finite bounds */
  descriptorOf(file: FileName, name: string, help: string, bounds: readonly number[] = []): FamilyDescriptor {
    const { type, mode } = file
    const { descriptors, labelNames } = this.known.get(`${type} ${mode} ${name}`)!
    const id = `${bounds.join()} ${help}`
    let descriptor = descriptors.get(id)
    if (descriptor !== undefined) return descriptor
    const common = { name, help, labelNames, registry: defaultRegistryName }
    if (type === 'histogram') descriptor = { ...common, type, bounds, floatBounds: true }
    else if (type === 'summary') descriptor = { ...common, type, ...withoutQuantiles }
    else if (type === 'counter') descriptor = { ...common, type }
    else descriptor = { ...common, type, mode: mode!, ...(isOfEachProcess(file) && { processLabel }) }
    descriptors.set(id, descriptor)
    return descriptor
  }
}

/** The labels of a series, with that of the process if each process has a series of its own. */
function labelsIn(file: FileName, labels: KeySeries['labels']): KeySeries['labels'] {
  if (!isOfEachProcess(file)) return labels
  const others = labels.filter(([name]) => name !== processLabel)
  return [...others, [processLabel, file.process] as const].sort(([a], [b]) => (a < b ? -1 : 1))
}

function isOfEachProcess({ mode }: FileName): boolean {
  return mode === 'all' || mode === 'liveall'
}

/** To Prometheus, an empty label is one that the series lacks. */
function keyOf(labelNames: readonly string[], labels: KeySeries['labels']): SeriesKey {
  if (labels.length === labelNames.length) return seriesKey(labels.map(([, value]) => value || null))
  const values = new Map(labels)
  return seriesKey(labelNames.map((name) => values.get(name) || null))
}
