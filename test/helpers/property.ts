import fc from 'fast-check'

/** The same examples in every run; others, or more of them, on request: `FC_SEED=7 FC_RUNS=5000 npx vitest run …`. */
const seed = Number(process.env.FC_SEED ?? 1513)

/** Tries a property with many examples; throws at the first that it does not hold for, made as small as it can be. */
export function holds(property: fc.IProperty<unknown>, runs?: number): void
export function holds(property: fc.IAsyncProperty<unknown>, runs?: number): Promise<void>
export function holds(property: fc.IRawProperty<unknown>, runs = 100): void | Promise<void> {
  return fc.assert(property as fc.IProperty<unknown>, { seed, numRuns: Number(process.env.FC_RUNS ?? runs) })
}
