import type { Sample } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'

/** The label with the name of an application. */
export const applicationLabel = 'application'

/**
 * Returns the name under which an application's own label `application` is shown. The prefix is that of Prometheus for
 * labels of a target that a server sets as well, added until the name is free.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config, `honor_labels`
 */
function exportedName(taken: readonly string[]): string {
  let name = applicationLabel
  do name = `exported_${name}`
  while (taken.includes(name))
  return name
}

/** Returns label names with the application's own label `application` renamed. */
export function renamedLabels(names: readonly string[]): readonly string[] {
  if (!names.includes(applicationLabel)) return names
  return names.map((name) => (name === applicationLabel ? exportedName(names) : name))
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
