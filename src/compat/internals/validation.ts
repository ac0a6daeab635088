import { inspect } from 'node:util'

const legal = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** `lib/validation` of prom-client: whether every label name is legal. */
export function validateLabelName(names: readonly string[] = []): boolean {
  return names.every((name) => legal.test(name))
}

/** The same of `@prometheus-io/client`: the names that are not legal. */
export function illegalLabelNames(names: readonly string[] = []): readonly string[] {
  return names.filter((name) => !legal.test(name))
}

/** @throws Error if a label is not among the label names of its metric */
export function validateLabel(labelNames: readonly string[], labels: object): void {
  for (const name in labels) {
    if (labelNames.includes(name)) continue
    throw new Error(`Added label "${name}" is not included in initial labelset: ${inspect(labelNames)}`)
  }
}
