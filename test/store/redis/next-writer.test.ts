import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { nextWriter, stemOf } from '../../../src/store/redis/next-writer.js'

test.each(['app-7-0', 'app.2-7-0', '10.0.0.3-1-0'])('the names of one process have a stem, in %s', (process) => {
  const first = `${process}~${randomUUID()}`
  expect(stemOf(first)).toBe(first)
  expect(nextWriter(first)).toBe(`${first}.2`)
  expect(nextWriter(`${first}.2`)).toBe(`${first}.3`)
  expect(nextWriter(`${first}.9`)).toBe(`${first}.10`)
  expect(stemOf(`${first}.10`)).toBe(first)
})

test('several processes may write the ledger of a host: each name after a fold is another one', () => {
  const ledger = 'host:app.2:run.3'
  const [next, other] = [nextWriter(ledger), nextWriter(ledger)]
  expect(next).not.toBe(other)
  expect(next.startsWith(`${ledger}~`)).toBe(true)
  expect(nextWriter(next).split('~').length).toBe(2)
  expect(stemOf(ledger)).toBe(ledger)
  expect(stemOf(next)).toBe(next)
})
