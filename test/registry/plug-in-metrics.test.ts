import { describe, expect, test } from 'vitest'
import type { MetricsError } from '../../src/model/errors.js'
import { Registry } from '../../src/registry/registry.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

function process() {
  const home = new TestProcess(freshDirectory())
  const faults: MetricsError[] = []
  home.configure({ onError: (fault) => faults.push(fault) })
  return { registry: new Registry({}, home), faults }
}

describe('a metric that was shown once and fails later is shown with its last values', () => {
  test.each<[string, (failing: () => boolean) => (registry: Registry) => void]>([
    [
      'a metric that has only get()',
      (failing) => (registry) =>
        registry.registerMetric({
          name: 'queue_length',
          help: 'Q.',
          get() {
            if (failing()) throw new Error('away')
            return { name: 'queue_length', help: 'Q.', type: 'gauge', values: [{ labels: {}, value: 7 }] } as never
          },
        }),
    ],
    [
      'a collector of the process that answers',
      (failing) => (registry) =>
        registry.registerCollector({
          name: 'queue',
          async collect() {
            if (failing()) throw new Error('away')
            return [{ name: 'queue_length', help: 'Q.', type: 'gauge', values: [{ value: 7 }] }]
          },
        }),
    ],
    [
      'a collector of every process',
      (failing) => (registry) =>
        registry.registerCollector({
          name: 'queue',
          run: 'each',
          collect() {
            if (failing()) throw new Error('away')
            return [{ name: 'queue_length', help: 'Q.', type: 'gauge', values: [{ value: 7 }] }]
          },
        }),
    ],
  ])('%s', async (_, make) => {
    const { registry, faults } = process()
    let failing = true
    make(() => failing)(registry)
    // Before its first result there is nothing to show.
    expect(await shown(registry)).toEqual({})
    failing = false
    expect(await shown(registry)).toEqual({ queue_length: 7 })
    failing = true
    for (let i = 0; i < 2; i++) expect(await shown(registry)).toEqual({ queue_length: 7 })
    expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(['COLLECT_FAILED']))
    expect(faults.length).toBeGreaterThanOrEqual(3)
  })
})
