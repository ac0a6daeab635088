import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as entry from '../../src/prometheus-io.js'
import { hasNode24, node24Folder } from '../helpers/processes/node24.js'
import { holds } from '../helpers/property.js'
import { outcomeOf } from './entry/application.js'
import { rare } from './entry/operations.js'
import { ComparedEntry } from './entry/prometheus-io-compare.js'
import { ownDifferences, prometheusIoDifferences, sharedDifferences } from './entry/prometheus-io-differences.js'
import { alike, examples } from './entry/prometheus-io-examples.js'
import { newerOperation } from './entry/prometheus-io-operations.js'
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
    const compared = new ComparedEntry(their)
    await compared.run(rare)
    const operations = fc.array(newerOperation, { minLength: 3, maxLength: 60, size: 'max' })
    await holds(
      fc.asyncProperty(operations, (program) => compared.run(program)),
      300,
    )
    // A difference that no program meets may be none any more.
    const named = prometheusIoDifferences.filter(({ skips, adjust }) => skips !== undefined || adjust !== undefined)
    expect(named.filter((difference) => !compared.met.has(difference)).map(({ what }) => what)).toEqual([])
  })

  test.each([...sharedDifferences, ...ownDifferences])('differs: $what', async ({ what, example }) => {
    expect(await outcomeOf(() => example(entry))).not.toEqual(await their.show(what))
  })

  test.each(alike)('does the same, unlike prom-client: %s', async (what) => {
    expect(await outcomeOf(() => examples[what]!(entry))).toEqual(await their.show(what))
  })
})

test('docs/migrating-from-prom-client.md lists these differences, and no others', () => {
  const page = readFileSync(new URL('../../docs/migrating-from-prom-client.md', import.meta.url), 'utf8')
  expect(listedAfter('<!-- differences of the newer client -->', page)).toEqual(ownDifferences.map(({ what }) => what))
  expect(listedAfter('<!-- no differences of the newer client -->', page)).toEqual(alike)
})

/** The first cell of each line of the table, or each point of the list. */
function listedAfter(mark: string, page: string): readonly string[] {
  const [, text = ''] = page.split(mark)
  const [block = ''] = text.trimStart().split('\n\n')
  const lines = block.split('\n').filter((line) => !/^\|[-|\s]+\|$/.test(line))
  return block.startsWith('|')
    ? lines.slice(1).map((line) => line.split(' | ')[0]!.slice(2).replaceAll('\\|', '|'))
    : lines.map((line) => line.slice(2))
}
