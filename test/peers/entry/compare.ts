import fc from 'fast-check'
import * as promClient from 'prom-client'
import { expect } from 'vitest'
import * as entry from '../../../src/prom-client.js'
import { Registry as PromhiveRegistry } from '../../../src/registry/registry.js'
import { type Any, Application, type Client, type Outcome } from './application.js'
import { type Answer, type Difference, differences } from './differences.js'
import { type Operation, readings } from './operations.js'
import { unordered } from './unordered.js'

/** The differences that programs met. */
export const met = new Set<Difference>()

/** Runs a program with both clients: the entry shows what prom-client shows, but for the listed differences. */
export async function compare(operations: readonly Operation[]): Promise<void> {
  // Ends with the program: nothing else knows its store.
  const { context } = new PromhiveRegistry({ scope: 'process' })
  let registries = 0
  const our = new Application(entry as never as Client, () => {
    const like = new PromhiveRegistry({ name: `registry ${registries++}` }, context)
    return new entry.Registry(undefined, { context, like } as never)
  })
  const their = new Application(promClient as never as Client, () => new promClient.Registry(), withOwnValues)
  let removed = false
  for (const operation of [...operations, ...readings]) {
    const definition = 'metric' in operation ? their.definitions[operation.metric] : undefined
    const skipped = differences.find((difference) => difference.skips?.(operation, definition))
    if (skipped !== undefined) {
      met.add(skipped)
      continue
    }
    const seen = removed ? unordered : (outcome: Outcome) => outcome
    const theirs = adjusted(await their.run(operation), {
      operation,
      contentType: their.registries[operation.registry ?? 0].contentType,
    })
    expect(seen(await our.run(operation)), fc.stringify(operation)).toEqual(seen(theirs))
    removed ||= operation.do === 'removeSingleMetric' || operation.do === 'clear'
  }
}

/**
 * prom-client's getMetricsAsJSON() writes the default labels into the values of the metric itself, where they stay, and
 * replaces labels that are false or 0 by them. Objects of these values are as good as true.
 */
function withOwnValues(metric: Any): void {
  const { get } = metric
  metric.get = async () => {
    const object = structuredClone(await get.call(metric))
    for (const value of object.values) {
      value.labels = Object.fromEntries(
        Object.entries(value.labels).map(([name, text]) => [name, text || Object(text)]),
      )
    }
    return object
  }
}

function adjusted(outcome: Outcome, answer: Answer): Outcome {
  if (!('returned' in outcome) || typeof outcome.returned !== 'string') return outcome
  let text = outcome.returned
  for (const difference of differences) {
    const adjusted = difference.adjust?.(text, answer) ?? text
    if (adjusted !== text) met.add(difference)
    text = adjusted
  }
  return { returned: text }
}
