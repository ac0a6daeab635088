import { expect, test } from 'vitest'
import { WriterLabels } from '../../src/gather/writer-labels.js'
import { seriesKey } from '../../src/model/series-key.js'
import { counterFamily } from '../helpers/writers.js'

const writer = { name: '4711', seat: 3 }

function labelsOf(labelNames: readonly string[], options: Partial<ConstructorParameters<typeof WriterLabels>[1]> = {}) {
  const all = { workerLabel: 'worker', perWriter: false, perWorker: true, ...options } as const
  return new WriterLabels(counterFamily('jobs', { labelNames }), all)
}

test.for([
  [[], '["3"]', ['worker']],
  [['a'], '["x","3"]', ['a', 'worker']],
  [['z'], '["3","x"]', ['worker', 'z']],
  [['a', 'z'], '["x","3","y"]', ['a', 'worker', 'z']],
] as const)('of labels %j: the number of the seat takes its place among them', ([names, key, all]) => {
  const labels = labelsOf(names)
  expect(labels.labelNames).toEqual(all)
  expect(labels.keyOf(seriesKey(['x', 'y'].slice(0, names.length)), writer)).toBe(key)
  expect(labels.added.map((at) => all[at])).toEqual(['worker'])
})

test('a family without a series for each writer has its own labels only', () => {
  const labels = labelsOf(['a'], { perWorker: false })
  expect(labels.labelNames).toEqual(['a'])
  expect(labels.added).toEqual([])
  const key = '["x"]'
  expect(labels.keyOf(key, writer)).toBe(key)
})

test('values of no process lack the label', () => {
  expect(labelsOf(['a']).keyOf('["x"]', { name: '0', seat: 0 })).toBe('["x",null]')
})

test('where the label of writers is the process, a series has both', () => {
  const labels = labelsOf(['p', 'q', 'z'], { workerLabel: 'pid', perWriter: true })
  expect(labels.labelNames).toEqual(['p', 'pid', 'q', 'worker', 'z'])
  expect(labels.keyOf('["1","2","3"]', writer)).toBe('["1","4711","2","3","3"]')
  expect(labels.added).toEqual([1, 3])
})

test('an own label of that name is shown under the name that Prometheus would give it', () => {
  const labels = labelsOf(['exported_worker', 'worker'])
  expect(labels.labelNames).toEqual(['exported_worker', 'exported_exported_worker', 'worker'])
  expect(labels.keyOf('["a","b"]', writer)).toBe('["a","b","3"]')
  expect([...labels.renamed]).toEqual([['worker', 'exported_exported_worker']])
  // The same for the series of a gauge whose writers chose another label than the reader.
  expect(labelsOf(['worker'], { perWriter: true, perWorker: false }).labelNames).toEqual(['exported_worker', 'worker'])
})
