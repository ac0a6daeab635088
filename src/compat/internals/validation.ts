import { inspect } from 'node:util'
import { areLabelNames } from '../prom-client/validation.js'

/** `validateLabelName` of `@prometheus-io/client`: the names that are not legal. */
export function illegalLabelNames(names: readonly string[] = []): readonly string[] {
  return names.filter((name) => !areLabelNames([name]))
}

/** @throws Error if a label is not among the label names of its metric */
export function validateLabel(labelNames: readonly string[], labels: object): void {
  for (const name in labels) {
    if (labelNames.includes(name)) continue
    throw new Error(`Added label "${name}" is not included in initial labelset: ${inspect(labelNames)}`)
  }
}
