import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { labelValuesOf, matches, seriesKey } from '../../../src/model/series-key.js'
import type { Removal } from '../../../src/store/core/removal-index.js'
import { removalLine } from '../../../src/store/shared/removal-lines.js'
import { checkedLine } from '../../../src/store/shared/series-lines.js'
import { UntakenRemovals } from '../../../src/store/shared/untaken-removals.js'
import { holds } from '../../helpers/property.js'
import { counterFamily } from '../../helpers/writers.js'

const families = [
  counterFamily('a:b_total', { labelNames: ['path', 'shard'] }),
  counterFamily('a:b_total', { labelNames: ['path', 'shard', 'zone'] }),
  counterFamily('a:', { labelNames: ['path', 'shard'] }),
]
const value = fc.constantFrom(null, '', 'x', '"', ':"', '\\', 'a","shard":"x', 'é\n', 'null')
const filter = fc
  .record({ path: value, shard: value, zone: value, other: value }, { requiredKeys: [] })
  // In both orders.
  .chain((labels) => fc.constantFrom(labels, Object.fromEntries(Object.entries(labels).reverse())))
const self = '0123456789abcdef0123456789abcdef'
const removal: fc.Arbitrary<Removal> = fc.record(
  {
    registry: fc.constantFrom('default', 'r","'),
    name: fc.constantFrom('a:b_total', 'a:'),
    labels: filter as fc.Arbitrary<Removal['labels']>,
    author: fc.constantFrom(self, 'fedcba9876543210fedcba9876543210'),
  },
  { requiredKeys: ['registry', 'name', 'labels'] },
)
/** Lines as other programs may write them: without a form, and with blanks. */
const spellings: ((removal: Removal) => Buffer)[] = [
  removalLine,
  ({ registry, name, labels, author }) =>
    checkedLine(`r ${JSON.stringify([registry, name, labels, ...(author ? [author] : [])])}`),
  ({ registry, name, labels, author }) =>
    checkedLine(`r ${JSON.stringify([registry, name, labels, author], null, ' ').replaceAll('\n', ' ')}`),
]
const noise = [Buffer.from('00000000 r ["default"\n'), Buffer.from('\n'), checkedLine('x ["what",":"]')]

test('a series is named by the removals that match it, after a position, of other authors', () => {
  holds(
    fc.property(
      fc.array(fc.tuple(removal, fc.nat(2), fc.nat(5)), { maxLength: 40, size: 'max' }),
      fc.array(fc.tuple(fc.nat(2), value, value, value, fc.nat(4000)), { minLength: 10, maxLength: 20 }),
      fc.nat(100),
      (given, asked, from) => {
        const untaken = new UntakenRemovals()
        const placed: (Removal & { position: number })[] = []
        let position = from
        for (const [each, spelling, between] of given) {
          const lines = [...noise.slice(between), spellings[spelling]!(each)]
          const bytes = Buffer.concat(lines)
          untaken.add(bytes, position)
          position += bytes.length
          placed.push({ ...each, position })
        }
        for (const [which, path, shard, zone, after] of asked) {
          const family = families[which]!
          const key = seriesKey([path, shard, zone].slice(0, family.labelNames.length))
          const expected = placed.some(
            ({ registry, name, labels, author, position }) =>
              registry === family.registry &&
              name === family.name &&
              author !== self &&
              position > after &&
              matches(family.labelNames, key, labels),
          )
          expect(untaken.names(family, labelValuesOf(key), after, self)).toBe(expected)
        }
      },
    ),
    200,
  )
})

test('parses one line of each form, however many lines there are', () => {
  const untaken = new UntakenRemovals()
  const [family] = families
  const lines = Array.from({ length: 3000 }, (_, i) => [
    removalLine({ registry: 'default', name: 'a:b_total', labels: { path: `${i}`, shard: '1' } }),
    removalLine({ registry: 'default', name: 'a:b_total', labels: { path: `p${i}` } }),
  ]).flat()
  const parse = vi.spyOn(JSON, 'parse')
  untaken.add(Buffer.concat(lines), 0)
  for (const path of ['7', 'p2999']) expect(untaken.names(family!, [path, '1'], 0, self)).toBe(true)
  for (const path of ['3000', 'p3000']) expect(untaken.names(family!, [path, '1'], 0, self)).toBe(false)
  // One of each form.
  expect(parse.mock.calls.length).toBe(2)
  parse.mockRestore()
})
