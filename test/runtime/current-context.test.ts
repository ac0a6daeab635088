import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { Counter, register } from '../../src/index.js'
import { processContext } from '../../src/runtime/current-context.js'
import { randomFrom } from '../helpers/processes/random.js'
import { samplesOf } from '../helpers/samples.js'

test('metrics that name no registry are shown in the default one', async () => {
  new Counter({ name: 'here_total', help: 'H.' }).inc(2)
  new Counter({ name: 'undefined_total', help: 'H.', registers: undefined }).inc(3)
  expect(samplesOf(await register.metrics())).toMatchObject({ here_total: 2, undefined_total: 3 })
  expect(register.getSingleMetric('here_total')).toBeInstanceOf(Counter)
})

test('there is one home per process, whichever build of the package asked first', async () => {
  const built = createRequire(import.meta.url)('../../dist/cjs/index.js') as typeof import('../../src/index.js')
  const esm = (await import('../../dist/esm/index.js' as string)) as typeof import('../../src/index.js')
  expect(built.register).toBe(register)
  expect(esm.register).toBe(register)
  expect(processContext().registry).toBe(register)
  for (const library of [built, esm]) new library.Counter({ name: 'shared_total', help: 'S.' }).inc()
  new Counter({ name: 'shared_total', help: 'S.' }).inc()
  expect(samplesOf(await register.metrics())).toMatchObject({ shared_total: 3 })
})

test('copies of the package count, remove and find the same series', async () => {
  const built = createRequire(import.meta.url)('../../dist/cjs/index.js') as typeof import('../../src/index.js')
  const esm = (await import('../../dist/esm/index.js' as string)) as typeof import('../../src/index.js')
  const options = { name: 'copied_total', help: 'C.', labelNames: ['path', 'zone'] } as const
  const counters = [Counter, built.Counter, esm.Counter].map((Copy) => new Copy({ ...options }))
  const model = new Map<string, number>()
  const draw = randomFrom(7)
  const of = <T>(values: readonly T[]): T => values[Math.floor(draw() * values.length)]!
  for (let step = 0; step < 3_000; step++) {
    // The first count decides whose definition the store knows: not that of the copy with the store.
    const counter = step === 0 ? counters[1]! : of(counters)
    const labels = { path: of(['a', 'b', 'c', 'd', 'e']), zone: of(['x', 'y', 'z']) }
    const key = `{path="${labels.path}",zone="${labels.zone}"}`
    if (draw() < 0.3) {
      counter.remove(labels)
      model.delete(key)
    } else {
      counter.inc(labels, step)
      model.set(key, (model.get(key) ?? 0) + step)
    }
  }
  const shown = Object.entries(samplesOf(await register.metrics())).filter(([name]) => name.startsWith('copied_total'))
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries([...model].map(([key, value]) => [`copied_total${key}`, value])),
  )
})
