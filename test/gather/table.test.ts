import { expect, test } from 'vitest'
import { Table } from '../../src/gather/table.js'
import { Totals } from '../../src/gather/totals.js'
import type { WriterName } from '../../src/gather/writer-labels.js'
import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import { seriesKey } from '../../src/model/series-key.js'
import { counterFamily, gaugeFamily, noPause, restless } from '../helpers/writers.js'

function tableOf(family: FamilyDescriptor = counterFamily('c', { labelNames: ['a'] })): Table {
  return new Table(family, new Totals())
}

function writer(seat: number): WriterName {
  return { name: String(seat), seat }
}

function order(table: Table): string[] {
  return [...table.order].map((row) => table.keys[row]!)
}

test('a series of several writers is one row, with the time of the first of them', () => {
  const table = tableOf()
  const row = table.add('["x"]', writer(1), 200)
  expect(table.add('["x"]', writer(2), 100)).toBe(row)
  expect(table.add('["x"]', writer(3), 300)).toBe(row)
  expect(table.created[row]).toBe(100)
  expect(table.keys).toEqual(['["x"]'])
})

test('a series that all writers removed and one opened again has the later creation time', () => {
  const table = tableOf()
  const row = table.add('["x"]', writer(1), 100)
  table.drop('["x"]', writer(1))
  table.add('["x"]', writer(1), 200)
  expect(table.created[row]).toBe(200)
})

test.for<[string, (table: Table) => void, number]>([
  [
    'one after the other',
    (table) => {
      for (const [seat, created] of [
        [1, 300],
        [2, 200],
      ] as const) {
        table.drop('["x"]', writer(seat))
        table.add('["x"]', writer(seat), created)
      }
    },
    200,
  ],
  [
    'twice',
    (table) => {
      for (const created of [200, 300]) {
        table.drop('["x"]', writer(1))
        table.add('["x"]', writer(1), created)
      }
      table.drop('["x"]', writer(2))
    },
    200,
  ],
  [
    'after another writer opened it',
    (table) => {
      table.add('["x"]', writer(3), 400)
      table.drop('["x"]', writer(1))
      table.drop('["x"]', writer(2))
    },
    400,
  ],
  [
    'but one that keeps it',
    (table) => {
      for (const created of [200, 300]) {
        table.drop('["x"]', writer(2))
        table.add('["x"]', writer(2), created)
      }
    },
    100,
  ],
])('a series that its writers removed, %s, has the time of the first that they opened since', ([, events, created]) => {
  const totals = new Totals()
  const table = new Table(counterFamily('c', { labelNames: ['a'] }), totals)
  const row = table.add('["x"]', writer(1), 100)
  table.add('["x"]', writer(2), 110)
  totals.merge++
  events(table)
  expect(table.created[row]).toBe(created)
})

test('rows are shown in the order of their label values, whenever they came', async () => {
  const table = tableOf()
  table.add('["m"]', writer(1), 0)
  table.add('["z"]', writer(1), 0)
  await table.sort(noPause)
  expect(order(table)).toEqual(['["m"]', '["z"]'])
  table.add('["a"]', writer(1), 0)
  table.add('["p"]', writer(1), 0)
  await table.sort(noPause)
  expect(order(table)).toEqual(['["a"]', '["m"]', '["p"]', '["z"]'])
})

test('a table is not replaced by one that would have as many rows', async () => {
  const table = tableOf()
  const keys = Array.from({ length: 12_000 }, (_, i) => seriesKey([String(i)]))
  // The log of a writer that has removed most of its series, and that is not rewritten yet.
  for (const key of keys) table.add(key, writer(1), 0)
  for (const key of keys.slice(1000)) table.drop(key, writer(1))
  await table.sort(noPause)
  expect(table.wasteful).toBe(false)
  table.logReplaced()
  expect(table.wasteful).toBe(true)
})

test('a row is shown while at least one writer has it', async () => {
  const table = tableOf()
  table.add('["x"]', writer(1), 0)
  table.add('["x"]', writer(2), 0)
  table.drop('["x"]', writer(1))
  await table.sort(noPause)
  expect(order(table)).toEqual(['["x"]'])
  table.drop('["x"]', writer(2))
  await table.sort(noPause)
  expect(order(table)).toEqual([])
  table.add('["x"]', writer(1), 0)
  await table.sort(noPause)
  expect(order(table)).toEqual(['["x"]'])
})

test('the order stays the same array while no row came or went', async () => {
  const table = tableOf()
  table.add('["x"]', writer(1), 0)
  await table.sort(noPause)
  const before = table.order
  table.add('["x"]', writer(2), 0)
  await table.sort(noPause)
  expect(table.order).toBe(before)
})

test('many rows are sorted in slices, in the same order', async () => {
  const table = tableOf()
  const keys = Array.from({ length: 10_000 }, (_, i) => seriesKey([String((i * 7919) % 10_007)]))
  for (const key of keys) table.add(key, writer(1), 0)
  const pause = restless()
  await table.sort(pause)
  expect(order(table)).toEqual([...keys].sort())
  expect(pause.rests).toBeGreaterThan(4)
})

test('where every writer keeps its own, the label worker takes its place among the labels', () => {
  const table = tableOf(gaugeFamily('g', 'all', { labelNames: ['a', 'z'] }))
  expect(table.labelNames).toEqual(['a', 'worker', 'z'])
  const rows = [table.add('["1",null]', writer(3), 0), table.add('["1",null]', writer(4), 0)]
  expect(rows.map((row) => table.keys[row])).toEqual(['["1","3",null]', '["1","4",null]'])
})
