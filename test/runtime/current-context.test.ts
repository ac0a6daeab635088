import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { Counter, register } from '../../src/index.js'
import { processContext } from '../../src/runtime/current-context.js'
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
