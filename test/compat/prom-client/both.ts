import * as promClient from 'prom-client'
import { expect } from 'vitest'
import * as entry from '../../../src/prom-client.js'

/** The classes of either client. What they are called with is checked by the test of the types. */
// biome-ignore lint/suspicious/noExplicitAny: metrics are called with wrong arguments as well
export type Client = Record<'Counter' | 'Gauge' | 'Histogram' | 'Summary' | 'Registry', any>

/** What a scenario has seen: values, and the errors of calls that throw. */
export class Sightings {
  readonly list: unknown[] = []

  /** Records a value as it is now, and the order of its keys: prom-client's values change with the metric. */
  see(value: unknown): void {
    this.list.push(structuredClone(value), JSON.stringify(value))
  }

  /** Records the class and the message of the error that the call throws, or what it returns. */
  attempt(call: () => unknown): void {
    try {
      this.see(call())
    } catch (error) {
      this.list.push(`${(error as Error).constructor.name}: ${(error as Error).message}`)
    }
  }
}

type Scenario = (client: Client, sightings: Sightings) => void | Promise<void>

/** Runs a scenario with both clients: the entry shows what prom-client shows, and throws what it throws. */
export async function expectSame(scenario: Scenario): Promise<void> {
  const [theirs, ours] = [new Sightings(), new Sightings()]
  await scenario(promClient as unknown as Client, theirs)
  await scenario(entry as unknown as Client, ours)
  expect(theirs.list.length).toBeGreaterThan(0)
  expect(ours.list).toEqual(theirs.list)
}

/** The options of a metric in no registry. */
export function options(more: object = {}): object {
  return { name: 'm', help: 'M.', registers: [], ...more }
}
