import type { Sample } from '../../model/family.js'
import { exportedLabel, type LabelSet } from '../../model/label-set.js'

/** The label with the name of an application. */
export const applicationLabel = 'application'

/** Returns label names with the application's own label `application` renamed. */
export function renamedLabels(names: readonly string[]): readonly string[] {
  if (!names.includes(applicationLabel)) return names
  return names.map((name) => (name === applicationLabel ? exportedLabel(applicationLabel, names) : name))
}

/** Returns a sample with the label of its application. */
export function labelledSample(sample: Sample, application: string): Sample {
  const { labels } = sample
  const own: LabelSet = Object.hasOwn(labels, applicationLabel) ? renamed(labels) : labels
  return { ...sample, labels: { [applicationLabel]: application, ...own } }
}

function renamed(labels: LabelSet): LabelSet {
  const names = Object.keys(labels)
  const shown = renamedLabels(names)
  return Object.fromEntries(names.map((name, i) => [shown[i]!, labels[name]!]))
}
