import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { hasNode24, node24Folder } from '../helpers/processes/node24.js'
import { holds } from '../helpers/property.js'
import { ComparedEntry } from '../peers/entry/prometheus-io-compare.js'
import { newerOperation } from '../peers/entry/prometheus-io-operations.js'
import { RemoteApplication } from '../peers/entry/remote-application.js'

const client = join(node24Folder, 'node_modules', '@prometheus-io', 'client')

describe.skipIf(!hasNode24 || !existsSync(client))('@prometheus-io/client 0.16.1', () => {
  let their: RemoteApplication
  beforeAll(() => {
    their = new RemoteApplication(client)
    const half: [number, number] = [0, 500_000_000]
    vi.spyOn(process, 'hrtime').mockImplementation((start) => (start === undefined ? [1, 0] : half))
  })
  afterAll(() => their.end())

  test('10 000 random applications show the same, but for the listed differences', async () => {
    const compared = new ComparedEntry(their)
    const operations = fc.array(newerOperation, { minLength: 3, maxLength: 60, size: 'max' })
    await holds(
      fc.asyncProperty(operations, (program) => compared.run(program)),
      10_000,
    )
  })
})
