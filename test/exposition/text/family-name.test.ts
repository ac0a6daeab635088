import { expect, test } from 'vitest'
import { withoutSuffix, withSuffix } from '../../../src/exposition/text/family-name.js'

test.each([
  ['jobs', 'jobs', 'jobs_total'],
  ['jobs_total', 'jobs', 'jobs_total'],
  ['jobs_total_total', 'jobs_total', 'jobs_total_total'],
  ['_total', '_total', '_total_total'],
  ['total', 'total', 'total_total'],
])('%s is %s without its ending, %s with it', (name, without, withIt) => {
  expect(withoutSuffix(name, '_total')).toBe(without)
  expect(withSuffix(name, '_total')).toBe(withIt)
})
