import { checkOptions, type OptionNames } from '../model/known-options.js'
import { type ConformanceCase, type Conforming, runCase, type Supports, type TestFramework } from './conformance.js'
import { carrying } from './store/carrying.js'
import { counting } from './store/counting.js'
import { exemplars } from './store/exemplars.js'
import { opening } from './store/opening.js'
import { removing } from './store/removing.js'
import { windows } from './store/windows.js'
import { writers } from './store/writers.js'

/** Every test of the suite, for another way to run them. */
export const backendCases: readonly ConformanceCase[] = [
  ...opening,
  ...counting,
  ...removing,
  ...carrying,
  ...exemplars,
  ...writers,
  ...windows,
]

const known = { create: true, supports: true } as const satisfies OptionNames<Conforming>
const supported = { manyWriters: true, outlivesWriters: true, exemplars: true } as const satisfies OptionNames<Supports>

/**
 * One suite for every backend: what the contract promises, tested as promhive itself uses a backend. It asserts with
 * `node:assert`, so any test framework runs it.
 *
 * @param name what the tests are listed under
 * @param conforming how to make an application of the backend, and what the backend does not do
 * @param framework where the tests are registered
 * @example
 * import { describe, test } from 'node:test'
 * import { backendConformance } from 'promhive/testing'
 *
 * backendConformance('my backend', {
 *   create: () => () => new MyBackend({ table: 'metrics' }),
 *   supports: { manyWriters: true, outlivesWriters: true, exemplars: true },
 * }, { describe, test })
 */
export function backendConformance(name: string, conforming: Conforming, { describe, test }: TestFramework): void {
  checkOptions('backendConformance', conforming, known)
  checkOptions('backendConformance: supports', conforming.supports, supported)
  const cases = backendCases.filter(({ needs }) => needs === undefined || conforming.supports[needs])
  describe(`${name} keeps the contract of a backend`, () => {
    for (const group of new Set(cases.map((each) => each.group))) {
      describe(group, () => {
        for (const each of cases) if (each.group === group) test(each.name, () => runCase(each, conforming))
      })
    }
  })
}
