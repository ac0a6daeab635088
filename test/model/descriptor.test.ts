import { expect, test } from 'vitest'
import { definitionKey, difference, type FamilyDescriptor } from '../../src/model/descriptor.js'

const common = { name: 'jobs', help: 'Jobs.', labelNames: ['a', 'b'], registry: 'default' } as const
const counter: FamilyDescriptor = { ...common, type: 'counter' }
const gauge: FamilyDescriptor = { ...common, type: 'gauge', mode: 'sum' }
const histogram: FamilyDescriptor = { ...common, type: 'histogram', bounds: [1, 2] }
const summary: FamilyDescriptor = { ...common, type: 'summary', quantiles: [0.5], relativeError: 0.01 }
const windowed = (more: object): FamilyDescriptor => {
  const window = { maxAgeSeconds: 600, ageBuckets: 5, relativeError: 0.02, ...more }
  return { ...common, type: 'summary', quantiles: [0.5], window }
}
const stateset: FamilyDescriptor = { ...common, type: 'stateset', states: ['a', 'b'], mode: 'count' }

test.each<[string, FamilyDescriptor, FamilyDescriptor, string]>([
  ['another type', counter, gauge, 'type counter and gauge'],
  ['another label', counter, { ...counter, labelNames: ['a'] }, 'label names [a, b] and [a]'],
  ['another unit', counter, { ...counter, unit: 'seconds' }, 'unit "" and "seconds"'],
  ['another mode', gauge, { ...gauge, mode: 'max' }, 'mode sum and max'],
  ['other buckets', histogram, { ...histogram, bounds: [1, 3] }, 'buckets [1, 2] and [1, 3]'],
  ['other quantiles', summary, { ...summary, quantiles: [] }, 'quantiles [0.5] and []'],
  ['another error', summary, { ...summary, relativeError: 0.05 }, 'relativeError 0.01 and 0.05'],
  ['a window', summary, windowed({}), 'maxAgeSeconds omitted and 600'],
  ['a longer window', windowed({}), windowed({ maxAgeSeconds: 60 }), 'maxAgeSeconds 600 and 60'],
  ['other parts', windowed({}), windowed({ ageBuckets: 4 }), 'ageBuckets 5 and 4'],
  ['another error in a window', windowed({}), windowed({ relativeError: 0.01 }), 'relativeError 0.02 and 0.01'],
  ['other states', stateset, { ...stateset, states: ['b', 'a'] }, 'states [a, b] and [b, a]'],
  ['another way to merge', stateset, { ...stateset, mode: 'all' }, 'mode count and all'],
])('%s makes another definition, and the difference is named', (_, one, other, text) => {
  expect(definitionKey(one)).not.toBe(definitionKey(other))
  expect(difference(one, other)).toBe(text)
})

test.each([counter, gauge, histogram, summary, stateset])(
  'another help text is still the same definition: $type',
  (family) => {
    const other = { ...family, help: 'Other words.' }
    expect(definitionKey(family)).toBe(definitionKey(other))
    expect(difference(family, other)).toBeUndefined()
  },
)

test('the same name in another registry is another family', () => {
  expect(definitionKey(counter)).not.toBe(definitionKey({ ...counter, registry: 'other' }))
})
