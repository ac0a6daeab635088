import { expect, test } from 'vitest'
import { ApplicationGatherer } from '../../src/gather/application-gatherer.js'
import { SourceGatherer } from '../../src/gather/source-gatherer.js'
import { nameOf } from '../../src/model/family.js'
import type { Source } from '../../src/store/contract.js'
import { counterFamily } from '../../src/testing/families.js'
import { TestWriter } from '../helpers/writers.js'

test('a family of the reading process does not appear beside one of the application with its name', async () => {
  const writer = new TestWriter(1)
  writer.open(counterFamily('promhive_exports_total', { labelNames: [] }), [], [7])
  const source: Source = { read: async () => ({ writers: [writer], errors: [] }), close() {} }
  const sample = (name: string) => ({ name, labels: {}, value: 2 })
  const own = ['promhive_exports_total', 'promhive_serve_exports_total'].map((name) => {
    return { name, help: 'Exports.', type: 'counter' as const, samples: [sample(name)] }
  })
  const gatherer = new ApplicationGatherer(new SourceGatherer(() => source), { ownFamilies: () => own })
  const { families, release } = await gatherer.gather()
  release()
  const names = families.map(nameOf)
  expect(names.filter((name) => name === 'promhive_exports_total')).toHaveLength(1)
  expect(names).toContain('promhive_serve_exports_total')
})
