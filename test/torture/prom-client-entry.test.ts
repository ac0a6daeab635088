import fc from 'fast-check'
import { beforeAll, test, vi } from 'vitest'
import { holds } from '../helpers/property.js'
import { compare } from '../peers/entry/compare.js'
import { operation } from '../peers/entry/operations.js'

beforeAll(() => {
  const half: [number, number] = [0, 500_000_000]
  vi.spyOn(process, 'hrtime').mockImplementation((start) => (start === undefined ? [1, 0] : half))
})

test('10 000 random applications show the same with prom-client 15.1.3, but for the listed differences', async () => {
  const operations = fc.array(operation, { minLength: 3, maxLength: 60, size: 'max' })
  await holds(fc.asyncProperty(operations, compare), 10_000)
})
