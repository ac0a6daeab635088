import { afterEach, describe, expect, test, vi } from 'vitest'
import { Counter, Gauge, type MetricsError, Registry } from '../../src/index.js'
import { shown } from '../helpers/samples.js'

vi.mock('../../src/platform/timers.js', () => import('../helpers/patchable-timers.js'))

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A registry that records its errors. */
function listening(): { registry: Registry; told: MetricsError[] } {
  const registry = new Registry()
  const told: MetricsError[] = []
  vi.spyOn(registry.context, 'onError').mockImplementation((error) => void told.push(error))
  return { registry, told }
}

function gaugeIn(registry: Registry, collect: (this: Gauge) => void | Promise<void>, name = 'g'): Gauge {
  return new Gauge({ name, help: 'G.', registers: [registry], collect })
}

describe('a scrape sees', () => {
  test('what its caller counted before, also while another scrape runs', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const scrapes: Promise<Record<string, number>>[] = []
    for (let i = 1; i <= 20; i++) {
      counter.inc()
      scrapes.push(shown(registry))
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      else if (i % 3 === 1) await Promise.resolve()
    }
    const seen = (await Promise.all(scrapes)).map(({ c }) => c!)
    seen.forEach((count, i) => {
      expect(count).toBeGreaterThanOrEqual(i + 1)
    })
  })

  test('earlier counts, when it waits for a slow collect() before it', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'C.', registers: [registry] })
    let begun = () => {}
    const began = new Promise<void>((resolve) => {
      begun = resolve
    })
    let goOn = () => {}
    const mayGoOn = new Promise<void>((resolve) => {
      goOn = resolve
    })
    gaugeIn(registry, () => {
      begun()
      return mayGoOn
    })
    const first = shown(registry)
    await began
    counter.inc()
    const second = shown(registry)
    goOn()
    await first
    expect(await second).toMatchObject({ c: 1 })
  })

  test('the same numbers as another one that was asked for at the same time, collected once', async () => {
    const registry = new Registry()
    let collected = 0
    gaugeIn(registry, function () {
      this.set(++collected)
    })
    const answers = await Promise.all([registry.metrics(), registry.metrics(), registry.metrics()])
    expect(new Set(answers).size).toBe(1)
    expect(collected).toBe(1)
  })
})

describe('collect()', () => {
  test('brings its metric up to date before each scrape, with the metric as `this`', async () => {
    const registry = new Registry()
    gaugeIn(registry, function () {
      this.inc()
    })
    expect(await shown(registry)).toEqual({ g: 1 })
    expect(await shown(registry)).toEqual({ g: 2 })
    await registry.getMetricsAsJSON()
    expect(await shown(registry)).toEqual({ g: 4 })
  })

  test('may be async: the scrape waits', async () => {
    const registry = new Registry()
    gaugeIn(registry, async function () {
      await new Promise((resolve) => setImmediate(resolve))
      this.set(7)
    })
    expect(await shown(registry)).toEqual({ g: 7 })
  })

  test('may set labels, and take old ones away', async () => {
    const registry = new Registry()
    let room = 0
    new Gauge({
      name: 'g',
      help: 'G.',
      labelNames: ['room'],
      registers: [registry],
      collect() {
        this.reset()
        this.set({ room: ++room }, room)
      },
    })
    expect(await shown(registry)).toEqual({ 'g{room="1"}': 1 })
    expect(await shown(registry)).toEqual({ 'g{room="2"}': 2 })
  })

  test('may ask another metric for its values', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'C.', registers: [registry] })
    gaugeIn(registry, async function () {
      this.set((await counter.get()).values[0]!.value * 10)
    })
    counter.inc(3)
    expect(await shown(registry)).toEqual({ c: 3, g: 30 })
  })

  test.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('that %s affects no other metric: its last values are served, and the fault is reported', async (_, collect) => {
    const { registry, told } = listening()
    gaugeIn(registry, collect).set(5)
    new Counter({ name: 'c', help: 'C.', registers: [registry] }).inc()
    expect(await shown(registry)).toEqual({ c: 1, g: 5 })
    expect(told).toMatchObject([{ code: 'COLLECT_FAILED', cause: { message: 'no database' } }])
    expect(told[0]!.message).toContain('collect() of g failed')
  })

  test('that never ends holds the scrape for 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { registry, told } = listening()
    gaugeIn(registry, () => new Promise(() => {})).set(5)
    const scrape = shown(registry)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await scrape).toEqual({ g: 5 })
    expect(told).toMatchObject([{ code: 'COLLECT_FAILED' }])
  })
})

describe('a metric that brings only get()', () => {
  const values = { name: 'plugin', help: 'A "plug-in"\n\\', type: 'gauge', aggregator: 'sum' }

  test.each([
    ['at once', () => ({ ...values, values: [{ labels: { a: 'x"\n' }, value: 1.5 }] })],
    ['later', async () => ({ ...values, values: [{ labels: { a: 'x"\n' }, value: 1.5 }] })],
  ])('is shown among the others, whether it answers %s', async (_, get) => {
    const registry = new Registry()
    new Counter({ name: 'z', help: 'Z.', registers: [registry] })
    registry.registerMetric({ name: 'plugin', help: '', get })
    registry.setDefaultLabels({ app: 'shop' })
    expect(await registry.metrics()).toBe(
      '# HELP plugin A "plug-in"\\n\\\\\n# TYPE plugin gauge\nplugin{app="shop",a="x\\"\\n"} 1.5\n' +
        '# HELP z Z.\n# TYPE z counter\nz{app="shop"} 0\n',
    )
    expect((await registry.getMetricsAsJSON()).map(({ name }) => name)).toEqual(['z', 'plugin'])
    expect(await registry.getSingleMetricAsString('plugin')).toContain('plugin{app="shop",a="x\\"\\n"} 1.5\n')
  })

  test('may have no values, or no name of its own', async () => {
    const registry = new Registry()
    registry.registerMetric({ get: () => ({ ...values, help: 'H.' }) } as never)
    expect(await registry.metrics()).toBe('# HELP plugin H.\n# TYPE plugin gauge\n')
  })

  test('that fails is omitted, and the fault is reported', async () => {
    const { registry, told } = listening()
    new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const get = () => Promise.reject(new Error('no database'))
    registry.registerMetric({ name: 'plugin', help: '', get })
    expect(await shown(registry)).toEqual({ c: 0 })
    expect(told).toMatchObject([{ code: 'COLLECT_FAILED', cause: { message: 'no database' } }])
    expect(told[0]!.message).toContain('get() of plugin failed')
  })

  const bare = Object.create(null) as object
  test.for<[string, unknown]>([
    ['a line feed in its name', { name: 'plugin\nevil 1' }],
    ['a name that is none', { name: '0' }],
    ['another name than it was registered under', { name: 'c' }],
    ['a help that is not a string', { help: 5 }],
    ['no help', { help: undefined }],
    ['a type that there is not', { type: 'gauge\nevil 1' }],
    ['values that are not an array', { values: 'none' }],
    ['a value that is not an object', { values: [5] }],
    ['a value that is not a number', { values: [{ labels: {}, value: '1\nevil 1' }] }],
    ['a label name that is none', { values: [{ labels: { 'a="x"} 1\nevil': 'b' }, value: 1 }] }],
    ['a reserved label name', { values: [{ labels: { __name__: 'evil' }, value: 1 }] }],
    ['labels that are not an object', { values: [{ labels: 'a', value: 1 }] }],
    ['a label value that is not a string', { values: [{ labels: { a: bare }, value: 1 }] }],
    ['a sample of another family', { values: [{ labels: {}, value: 1, metricName: 'c' }] }],
    ['a line feed in the name of a sample', { values: [{ labels: {}, value: 1, metricName: 'plugin\nevil' }] }],
    ['nothing', undefined],
    ['a text', 'plugin 1\n'],
  ])('that returns %s loses its own family only, and the fault is reported', async ([, given]) => {
    const { registry, told } = listening()
    new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const get = () => (typeof given === 'object' ? { ...values, help: 'P.', values: [], ...given } : given) as never
    registry.registerMetric({ name: 'plugin', help: '', get })
    for (const accept of [undefined, Registry.OPENMETRICS_CONTENT_TYPE]) {
      const { chunks } = await registry.expose(accept)
      const text = Buffer.concat(chunks).toString()
      expect(text).toMatch(/^c(_total)? 0$/m)
      expect(text).not.toMatch(/evil|plugin/)
    }
    expect(await registry.getMetricsAsJSON()).toMatchObject([{ name: 'c' }])
    expect(told[0]).toMatchObject({ code: 'COLLECT_FAILED' })
    expect(told[0]!.message).toMatch(/^get\(\) of plugin failed \(.+\); the other metrics are served$/s)
  })

  test('that was registered under a name that is none costs itself only', async () => {
    const { registry, told } = listening()
    new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const name = 'a\nevil 1'
    registry.registerMetric({ name, help: '', get: () => ({ ...values, name, values: [{ labels: {}, value: 1 }] }) })
    expect(await registry.metrics()).toBe('# HELP c C.\n# TYPE c counter\nc 0\n')
    expect(told[0]!.message).toContain('get() of a\\nevil 1 failed')
  })

  test('and has no name does not take that of another', async () => {
    const registry = new Registry()
    new Counter({ name: 'c', help: 'C.', registers: [registry] })
    registry.registerMetric({ get: () => ({ ...values, name: 'c', values: [{ labels: {}, value: 1 }] }) } as never)
    expect(await registry.metrics()).toBe('# HELP c C.\n# TYPE c counter\nc 0\n')
  })

  test('may return every sample of a family of its type', async () => {
    const registry = new Registry()
    const give = (name: string, type: string, ...metricNames: string[]) => {
      const all = metricNames.map((metricName) => ({ labels: {}, value: 1, metricName }))
      registry.registerMetric({ name, help: '', get: () => ({ ...values, name, help: 'H.', type, values: all }) })
    }
    give('h', 'histogram', 'h_bucket', 'h_sum', 'h_count', 'h_created')
    give('s', 'summary', 's', 's_sum', 's_count')
    give('a_total', 'counter', 'a_total', 'a_created')
    give('i_info', 'info', 'i_info')
    give('u', 'untyped', 'u')
    const text = await registry.metrics()
    for (const name of ['h_bucket', 'h_created', 's', 's_count', 'a_total', 'a_created', 'i_info', 'u']) {
      expect(text).toMatch(new RegExp(`^${name} 1$`, 'm'))
    }
  })

  test('that never answers holds the scrape for 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { registry, told } = listening()
    new Counter({ name: 'c', help: 'C.', registers: [registry] })
    registry.registerMetric({ name: 'plugin', help: '', get: () => new Promise(() => {}) })
    const scrape = shown(registry)
    await vi.advanceTimersByTimeAsync(5000)
    expect(await scrape).toEqual({ c: 0 })
    expect(told).toMatchObject([{ code: 'COLLECT_FAILED' }])
  })

  test('may ask a metric of ours for its values', async () => {
    const registry = new Registry()
    const counter = new Counter({ name: 'c', help: 'C.', registers: [registry] })
    const get = async () => ({ ...values, values: (await counter.get()).values })
    registry.registerMetric({ name: 'plugin', help: '', get })
    counter.inc(2)
    expect(await shown(registry)).toEqual({ c: 2, plugin: 2 })
  })

  test('is released, and has nothing to reset', async () => {
    const registry = new Registry()
    registry.registerMetric({ name: 'plugin', help: '', get: () => ({ ...values, values: [] }) })
    registry.resetMetrics()
    registry.clear()
    expect(await registry.metrics()).toBe('')
  })
})

describe('scrapes at the same time', () => {
  test.for([
    [['a b'], ['a', 'b']],
    [['a', 'b'], ['a b']],
    [['a,b'], ['a', 'b']],
    [['a","b'], ['a', 'b']],
    [[''], []],
    [['', ''], ['']],
  ])('of %j and of %j do not share an answer', async ([one, two]) => {
    const registry = new Registry()
    for (const name of ['a', 'b']) new Counter({ name, help: 'H.', registers: [registry] })
    const alone = async (names: readonly string[]) =>
      Buffer.concat((await registry.expose('*/*', names)).chunks).toString()
    const [first, second] = [await alone(one!), await alone(two!)]
    // After one that runs already: they wait, and may be shared.
    const [, ...both] = await Promise.all([registry.metrics(), alone(one!), alone(two!)])
    expect(both).toEqual([first, second])
  })

  test('are dropped, refused and shared according to their limits', async () => {
    const registry = new Registry()
    for (const name of ['a', 'b']) new Counter({ name, help: 'H.', registers: [registry] })
    const running = registry.metrics()
    const gone = new AbortController()
    const dropped = registry.expose('*/*', ['a'], { signal: gone.signal })
    const refused = registry.expose('*/*', ['b'], { maxQueued: 1 })
    await expect(refused).rejects.toMatchObject({ code: 'SCRAPE_REFUSED' })
    gone.abort()
    // The one that was dropped takes no place any more.
    const accepted = registry.expose('*/*', ['b'], { maxQueued: 1 })
    await expect(dropped).rejects.toBe(gone.signal.reason)
    expect(Buffer.concat((await accepted).chunks).toString()).toContain('b 0\n')
    await running
  })
})
