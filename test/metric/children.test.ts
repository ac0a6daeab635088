import { expect, test } from 'vitest'
import { Counter, Gauge, Registry } from '../../src/index.js'
import { MetricsError } from '../../src/model/errors.js'
import { ProcessContext } from '../../src/runtime/process-context.js'
import { MemoryBackend } from '../../src/store/memory/memory-backend.js'
import { shown } from '../helpers/samples.js'

/** A backend that reports a fault whenever a series is opened. */
function faulty() {
  const backend = new MemoryBackend()
  const store = backend.openStore()
  const open = store.open.bind(store)
  return Object.assign(backend, {
    begin({ onError }: { onError: (error: MetricsError) => void }) {
      store.open = (family, key) => {
        onError(new MetricsError('STORE_FULL', 'no room'))
        return open(family, key)
      }
    },
  })
}

test('an onError callback may count in the metric that caused the error', async () => {
  const home = new ProcessContext()
  const registry = new Registry({}, home)
  const counter = new Counter({ name: 'c', help: 'C.', labelNames: ['a'], registers: [registry] })
  let depth = 0
  const onError = (): void => {
    if (depth > 3) return
    depth++
    counter.inc({ a: `fault ${depth}` }, 10)
    depth--
  }
  home.configure({ backend: faulty(), onError, selfMetrics: false })
  for (let i = 0; i < 3; i++) for (const a of ['x', 'y']) counter.inc({ a })
  const values = await shown(registry)
  expect(values['c{a="x"}']).toBe(3)
  expect(values['c{a="y"}']).toBe(3)
})

test('series that come and go do not meet: not those that are held, nor those that are counted by label', async () => {
  const registry = new Registry()
  const gauge = new Gauge({ name: 'g', help: 'G.', labelNames: ['a', 'b'], registers: [registry] })
  const model = new Map<string, number>()
  const held = new Map<string, ReturnType<typeof gauge.labels>>()
  let seed = 11
  const random = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % below
  for (let i = 0; i < 5000; i++) {
    const [a, b] = [random(12), random(7)]
    const id = `g{a="${a}",b="${b}"}`
    const what = random(10)
    if (what < 1) {
      gauge.remove(String(a), b)
      model.delete(id)
    } else if (what < 4) {
      if (!held.has(id)) held.set(id, gauge.labels(a, String(b)))
      held.get(id)!.set(i)
      model.set(id, i)
    } else if (what < 5 && i % 50 === 0) {
      gauge.removeByLabels({ a })
      for (const each of model.keys()) if (each.startsWith(`g{a="${a}",`)) model.delete(each)
    } else {
      // In either order, as numbers and as texts.
      gauge.set(what < 7 ? { a, b } : { b: String(b), a: String(a) }, i)
      model.set(id, i)
    }
  }
  expect(await shown(registry)).toEqual(Object.fromEntries(model))
})
