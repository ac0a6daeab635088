import * as promClient from 'prom-client'
import { describe, expect, test } from 'vitest'
import * as entry from '../../../src/prom-client.js'

type Functions = Pick<typeof promClient, 'exponentialBuckets' | 'linearBuckets' | 'validateMetricName'>

/** What a call returns, or the error that it throws. */
function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`
  }
}

describe('the functions of the entry give what the client gives', () => {
  test.each([
    [0, 50, 4],
    [0.1, 0.1, 5],
    [-5, 2, 1],
    [1, 1, 0],
    [1, 1, -1],
    [1, 1, 1.5],
  ])('linearBuckets(%d, %d, %d)', (...values) => same((client) => client.linearBuckets(...values)))

  test.each([
    [1, 2, 5],
    [0.1, 1.5, 3],
    [0, 2, 3],
    [-1, 2, 3],
    [1, 2, 0],
    [1, 1, 3],
    [1, 0.5, 3],
    [1, 2, 1.5],
  ])('exponentialBuckets(%d, %d, %d)', (...values) => same((client) => client.exponentialBuckets(...values)))

  test.each(['a', 'a:b_1', '', '1a', 'a b', 'a\n', 'ü', undefined, 5])('validateMetricName(%j)', (name) =>
    same((client) => client.validateMetricName(name as string)),
  )
})

function same(call: (client: Functions) => unknown): void {
  const theirs = outcome(() => call(promClient))
  expect(theirs).not.toBeUndefined()
  expect(outcome(() => call(entry))).toEqual(theirs)
}

test('the entry has the exports of the client', () => {
  const theirs = Object.keys(promClient).filter((name) => name !== 'default' && name !== 'module.exports')
  expect(theirs.filter((name) => !Object.hasOwn(entry, name))).toEqual([])
  for (const name of theirs) {
    const [ours, their] = [entry, promClient].map((client) => (client as Record<string, unknown>)[name])
    expect([name, typeof ours]).toEqual([name, typeof their])
  }
})
