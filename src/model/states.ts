import { MetricsError } from './errors.js'
import { describe } from './metric-name.js'

/** Checks the states of a stateset and returns them in the order in which they are shown. */
export function checkStates(metric: string, states: unknown): readonly string[] {
  if (!Array.isArray(states) || states.length === 0) {
    throw new MetricsError(
      'STATES_INVALID',
      `${metric}: states must be an array such as ['starting', 'running'], got ${describe(states)}`,
    )
  }
  for (const state of states as unknown[]) {
    if (typeof state !== 'string' || state === '') {
      throw new MetricsError('STATES_INVALID', `${metric}: ${describe(state)} is not a state: a state is a word`)
    }
    if (!state.isWellFormed()) {
      throw new MetricsError('STATES_INVALID', `${metric}: state ${describe(state)} contains a lone surrogate`)
    }
  }
  const twice = (states as string[]).find((state, i) => states.indexOf(state) !== i)
  if (twice !== undefined) throw new MetricsError('STATES_INVALID', `${metric}: state "${twice}" is given twice`)
  return [...(states as string[])]
}

/** Returns the index of a state in a stateset. Throws `STATE_UNKNOWN` for an unknown one. */
export function stateIndex(metric: string, states: readonly string[], state: unknown): number {
  const index = states.indexOf(state as string)
  if (index >= 0) return index
  throw new MetricsError('STATE_UNKNOWN', `${metric} has no state ${describe(state)}; it has ${states.join(', ')}`)
}
