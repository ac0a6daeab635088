import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import * as promClient from 'prom-client'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import * as entry from '../../src/prom-client.js'
import { holds } from '../helpers/property.js'
import { outcomeOf } from './entry/application.js'
import { compare, met } from './entry/compare.js'
import { differences } from './entry/differences.js'
import { operation, rare } from './entry/operations.js'

beforeAll(() => {
  // Both clients read it at each call.
  const half: [number, number] = [0, 500_000_000]
  vi.spyOn(process, 'hrtime').mockImplementation((start) => (start === undefined ? [1, 0] : half))
})

test('random applications show the same with prom-client 15.1.3, but for the listed differences', async () => {
  await compare(rare)
  const operations = fc.array(operation, { minLength: 3, maxLength: 60, size: 'max' })
  await holds(fc.asyncProperty(operations, compare), 200)
  // A difference that no program meets may be none any more.
  const named = differences.filter(({ skips, adjust }) => skips !== undefined || adjust !== undefined)
  expect(named.filter((difference) => !met.has(difference)).map(({ what }) => what)).toEqual([])
})

test('docs/migrating-from-prom-client.md lists these differences, and no others', () => {
  const page = readFileSync(new URL('../../docs/migrating-from-prom-client.md', import.meta.url), 'utf8')
  const [, table = ''] = /<!-- differences -->\n\|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(page) ?? []
  expect(
    table
      .trim()
      .split('\n')
      .map((line) => line.split(' | ')[0]!.slice(2)),
  ).toEqual(differences.map(({ what }) => what))
})

describe('the listed differences', () => {
  test.each(differences)('$what', async ({ example }) => {
    const theirs = await outcomeOf(() => example(promClient))
    expect(await outcomeOf(() => example(entry))).not.toEqual(theirs)
  })
})
