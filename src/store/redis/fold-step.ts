import { Overtaken } from './overtaken.js'

/** The ledgers that a fold deleted and wrote, and the writers that may come back. */
export interface FoldStep {
  readonly sources: readonly string[]
  readonly targets: readonly string[]
  readonly tombs: readonly string[]
}

/** @throws Overtaken if a fold is no longer listed */
export function foldStepFrom(text: string): FoldStep {
  try {
    const { sources, targets, tombs } = JSON.parse(text) as Record<string, unknown>
    return { sources: textsOf(sources), targets: textsOf(targets), tombs: textsOf(tombs) }
  } catch {
    throw new Overtaken()
  }
}

/** An empty list is an empty object in the JSON of a script. */
function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? (list as string[]) : []
}
