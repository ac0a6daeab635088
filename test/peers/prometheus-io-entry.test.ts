import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as entry from '../../src/prometheus-io.js'
import { Registry as PromhiveRegistry } from '../../src/registry/registry.js'
import { hasNode24, node24Folder } from '../helpers/processes/node24.js'
import { holds } from '../helpers/property.js'
import { Application, type Client, type Outcome } from './entry/application.js'
import type { Answer } from './entry/differences.js'
import { type Operation, operation, readings } from './entry/operations.js'
import { prometheusIoDifferences } from './entry/prometheus-io-differences.js'
import { RemoteApplication } from './entry/remote-application.js'

const client = join(node24Folder, 'node_modules', '@prometheus-io', 'client')

describe.skipIf(!hasNode24 || !existsSync(client))('@prometheus-io/client 0.16.1', () => {
  let their: RemoteApplication
  beforeAll(() => {
    their = new RemoteApplication(client)
    const half: [number, number] = [0, 500_000_000]
    vi.spyOn(process, 'hrtime').mockImplementation((start) => (start === undefined ? [1, 0] : half))
  })
  afterAll(() => their.end())

  test('random applications show the same, but for the listed differences', async () => {
    const operations = fc.array(operation, { minLength: 3, maxLength: 60, size: 'max' })
    await holds(
      fc.asyncProperty(operations, (program) => compare(their, program)),
      300,
    )
  })
})

async function compare(their: RemoteApplication, program: readonly Operation[]): Promise<void> {
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
    if (prometheusIoDifferences.some((difference) => difference.skips?.(operation, definition))) continue
    operations.push(operation)
    ours.push(await our.run(operation))
  }
  const theirs = await their.run(operations)
  for (const [i, operation] of operations.entries()) {
    const { outcome, contentType } = theirs[i]!
    expect(ours[i], fc.stringify(operation)).toEqual(adjusted(outcome, { operation, contentType }))
  }
}

function adjusted(outcome: Outcome, answer: Answer): Outcome {
  if (!('returned' in outcome) || typeof outcome.returned !== 'string') return outcome
  return {
    returned: prometheusIoDifferences.reduce((text, { adjust }) => adjust?.(text, answer) ?? text, outcome.returned),
  }
}
