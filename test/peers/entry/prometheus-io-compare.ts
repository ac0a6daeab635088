import fc from 'fast-check'
import { expect } from 'vitest'
import * as entry from '../../../src/prometheus-io.js'
import { Registry as PromhiveRegistry } from '../../../src/registry/registry.js'
import { Application, type Client, type Outcome } from './application.js'
import type { Answer, Difference } from './differences.js'
import { type Operation, readings } from './operations.js'
import { prometheusIoDifferences } from './prometheus-io-differences.js'
import type { RemoteApplication } from './remote-application.js'
import { unordered } from './unordered.js'

/** The entry beside the client: programs must show the same, but for the listed differences. */
export class ComparedEntry {
  /** The differences that programs met. */
  readonly met = new Set<Difference>()

  constructor(private readonly their: RemoteApplication) {}

  async run(program: readonly Operation[]): Promise<void> {
    // Ends with the program: nothing else knows its store.
    const { context } = new PromhiveRegistry({ scope: 'process' })
    let registries = 0
    const our = new Application(entry as never as Client, () => {
      const like = new PromhiveRegistry({ name: `registry ${registries++}` }, context)
      return new entry.Registry(undefined, { context, like } as never)
    })
    const operations: Operation[] = []
    const ours: Outcome[] = []
    for (const operation of [...program, ...readings]) {
      const definition = 'metric' in operation ? our.definitions[operation.metric] : undefined
      const skipped = prometheusIoDifferences.find((difference) => difference.skips?.(operation, definition))
      if (skipped !== undefined) this.met.add(skipped)
      else {
        operations.push(operation)
        ours.push(await our.run(operation))
      }
    }
    const theirs = await this.their.run(operations)
    let removed = false
    for (const [i, operation] of operations.entries()) {
      const { outcome, contentType } = theirs[i]!
      const seen = removed ? unordered : (same: Outcome) => same
      const adjusted = this.adjusted(outcome, { operation, contentType })
      expect(seen(ours[i]!), fc.stringify(operation)).toEqual(seen(adjusted))
      removed ||= operation.do === 'removeSingleMetric' || operation.do === 'clear'
    }
  }

  private adjusted(outcome: Outcome, answer: Answer): Outcome {
    if (!('returned' in outcome) || typeof outcome.returned !== 'string') return outcome
    let text = outcome.returned
    for (const difference of prometheusIoDifferences) {
      const adjusted = difference.adjust?.(text, answer) ?? text
      if (adjusted !== text) this.met.add(difference)
      text = adjusted
    }
    return { returned: text }
  }
}
