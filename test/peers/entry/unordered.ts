import type { Any, Outcome } from './application.js'

/** The series of a metric that was removed from its registry may be in another order. */
export function unordered(outcome: Outcome): Outcome {
  if (!('returned' in outcome) || typeof outcome.returned !== 'string') return outcome
  const { returned } = outcome
  if (!/^[[{]/.test(returned)) return { returned: returned.split('\n').sort() }
  const objects: readonly Any[] = [JSON.parse(returned)].flat()
  return {
    returned: objects.map((object) => {
      return Array.isArray(object?.values) ? { ...object, values: object.values.map(jsonOf).sort() } : object
    }),
  }
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value)
}
