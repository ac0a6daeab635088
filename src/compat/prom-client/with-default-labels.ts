import type { PlugInObject } from './plug-in-metrics.js'

/** A metric object with the default labels behind those of each sample; a label that a sample has itself stays. */
export function withDefaultLabels(object: PlugInObject, defaultLabels: object): PlugInObject {
  if (!Array.isArray(object.values) || Object.keys(defaultLabels).length === 0) return object
  const values = object.values.map((value) => {
    return { ...value, labels: { ...value.labels, ...defaultLabels, ...defined(value.labels) } }
  })
  return { ...object, values }
}

function defined(labels: object | undefined): object {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([, value]) => value !== undefined))
}
