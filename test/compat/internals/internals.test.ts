import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { defaultMetric } from '../../../src/compat/internals/default-metric.js'
import * as internals from '../../../src/compat/internals/internals.js'
import { Registry } from '../../../src/prom-client.js'

const require = createRequire(import.meta.url)
const util = require('prom-client/lib/util')
const validation = require('prom-client/lib/validation')

type AnyFunction = (...args: unknown[]) => unknown
const own = { ...internals } as unknown as Readonly<Record<string, AnyFunction>>

/** The result of a call, or the message of the error that it throws. */
function outcome(call: AnyFunction, args: readonly unknown[]): unknown {
  try {
    return call(...args)
  } catch (error) {
    return (error as Error).message
  }
}

describe('functions below lib/ do what those of prom-client do', () => {
  test.each([
    ['getValueAsString', util, [[0], [0.25], [-1], [1e21], [Infinity], [-Infinity]]],
    [
      'getLabels',
      util,
      [
        [['a'], [{ a: 1 }]],
        [
          ['a', 'b'],
          ['x', 'y'],
        ],
        [['a', 'b'], ['x']],
      ],
    ],
    ['hashObject', util, [[{}], [{ b: 'y', a: 'x' }], [{ b: 'y', a: undefined }], [{ b: 'y', a: 'x' }, ['b', 'a']]]],
    ['isObject', util, [[{}], [[]], [null], ['x'], [undefined]]],
    ['validateLabelName', validation, [[['a', 'b_1']], [['a', '1b']], [['a-b']]]],
    [
      'validateLabel',
      validation,
      [
        [['a'], { a: 1 }],
        [['a', 'c'], { a: 1, b: 2 }],
      ],
    ],
  ] as const)('%s', (name, theirs, calls) => {
    for (const args of calls) {
      expect(outcome(own[name]!, args)).toEqual(outcome(theirs[name], args))
    }
  })

  test('nowTimestamp', () => {
    expect(internals.nowTimestamp()).toBeCloseTo(Date.now() / 1000, 0)
  })
})

describe('functions below lib/ of the newer client', () => {
  test('isEmpty and validateLabelName', () => {
    expect([internals.isEmpty({}), internals.isEmpty({ a: 1 })]).toEqual([true, false])
    expect(internals.illegalLabelNames(['a', '1b', 'c-d'])).toEqual(['1b', 'c-d'])
  })

  test('waitFor waits for a promise, and not for long', async () => {
    expect(await internals.waitFor(Promise.resolve(1))).toBe(1)
    await expect(internals.waitFor(Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(internals.waitFor(new Promise(() => {}), 10)).rejects.toThrow('Timeout')
  })
})

describe('functions without a counterpart', () => {
  test('throw an error with the reason and what to do', () => {
    const setValue = internals.changesStorage('prom-client/lib/util', 'setValue')
    expect(setValue).toThrow(/^prom-client\/lib\/util: setValue changes the client's own storage; call inc\(\)/)
    expect(() => new (setValue as unknown as new () => unknown)()).toThrow(
      expect.objectContaining({ code: 'PATH_UNSUPPORTED' }),
    )
  })
})

describe('a file below lib/metrics', () => {
  const names = ['eventLoopLag', 'gc', 'heapSpacesSizeAndUsed', 'osMemoryHeap', 'processCpuTotal', 'version'] as const
  test.each(names)('%s adds its metrics, and no others, to the registry that it gets', async (name) => {
    const registry = new Registry()
    const add = defaultMetric(name)
    add(registry, { prefix: 'shop_', labels: { zone: 'a' } })
    const shown = (await registry.getMetricsAsJSON()).map((metric) => metric.name)
    expect(shown).toEqual(expect.arrayContaining(add.metricNames.map((each) => `shop_${each}`)))
    expect(shown.filter((each) => !/^shop_(?:process|nodejs)_/.test(each))).toEqual([])
    const others = names.filter((other) => other !== name).flatMap((other) => defaultMetric(other).metricNames)
    expect(others.filter((other) => shown.includes(`shop_${other}`))).toEqual([])
    expect(Registry.globalRegistry.getSingleMetric(`shop_${add.metricNames[0]}`)).toBe(undefined)
  })

  test('adds them to the default registry when it gets none, once', () => {
    const add = defaultMetric('processStartTime')
    add()
    add()
    expect(Registry.globalRegistry.getSingleMetric(add.metricNames[0]!)).toBeDefined()
  })
})
