import fc from 'fast-check'
import * as promClient from 'prom-client'
import { beforeAll, expect, test, vi } from 'vitest'
import * as entry from '../../src/prom-client.js'
import { Registry as PromhiveRegistry } from '../../src/registry/registry.js'
import { holds } from '../helpers/property.js'
import { type Any, Application, type Client, type Outcome } from './entry/application.js'
import { type Answer, differences } from './entry/differences.js'
import { type Operation, operation, readings } from './entry/operations.js'

async function compare(operations: readonly Operation[]): Promise<void> {
  // Ends with the program: nothing else knows its store.
  const { context } = new PromhiveRegistry({ scope: 'process' })
  let registries = 0
  const our = new Application(entry as never as Client, () => {
    const like = new PromhiveRegistry({ name: `registry ${registries++}` }, context)
    return new entry.Registry(undefined, { context, like } as never)
  })
  const their = new Application(promClient as never as Client, () => new promClient.Registry(), withOwnValues)
  for (const operation of [...operations, ...readings]) {
    const definition = 'metric' in operation ? their.definitions[operation.metric] : undefined
    if (differences.some((difference) => difference.skips?.(operation, definition))) continue
    const theirs = adjusted(await their.run(operation), {
      operation,
      contentType: their.registries[operation.registry ?? 0].contentType,
    })
    expect(await our.run(operation), fc.stringify(operation)).toEqual(theirs)
  }
}

/**
 * prom-client's getMetricsAsJSON() writes the default labels into the values of the metric itself, where they stay, and
 * puts them in the place of labels that are false or 0. Objects of these values are as good as true.
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
  return {
    returned: differences.reduce((text, { adjust }) => adjust?.(text, answer) ?? text, outcome.returned),
  }
}

beforeAll(() => {
  // Both clients read it at each call.
  const half: [number, number] = [0, 500_000_000]
  vi.spyOn(process, 'hrtime').mockImplementation((start) => (start === undefined ? [1, 0] : half))
})

test('random applications show the same with prom-client 15.1.3, but for the listed differences', async () => {
  const operations = fc.array(operation, { minLength: 3, maxLength: 60, size: 'max' })
  await holds(fc.asyncProperty(operations, compare), 300)
})
