import { describe, expect, test } from 'vitest'
import { configure, Counter as PromhiveCounter, register as promhiveRegister } from '../../../src/index.js'
import { Counter, contentType, Gauge, Registry, register } from '../../../src/prom-client.js'
import { type Client, expectSame } from './both.js'

const openMetrics = Registry.OPENMETRICS_CONTENT_TYPE

/** A registry of either client with a counter, a gauge and an object of a plug-in. */
function shop({ Registry, Counter, Gauge }: Client, contentType?: string) {
  const registry = new Registry(contentType)
  const jobs = new Counter({ name: 'jobs', help: 'Jobs.', labelNames: ['queue', 'result'], registers: [registry] })
  const stock = new Gauge({ name: 'stock', help: 'Stock.', registers: [registry] })
  const plugIn = {
    name: 'visits',
    get: () => ({ name: 'visits', help: 'Visits.', type: 'counter', values: [{ value: 3, labels: { page: 1 } }] }),
    reset() {},
  }
  registry.registerMetric(plugIn)
  jobs.inc({ result: 'ok', queue: 7 })
  return { registry, jobs, stock, plugIn }
}

describe('a registry of the entry', () => {
  test.each([undefined, openMetrics])('shows its metrics as the client does, in %s', (contentType) =>
    expectSame(async (client, sightings) => {
      const { registry, plugIn } = shop(client, contentType)
      sightings.see(registry.contentType)
      sightings.see(await registry.getMetricsAsJSON())
      for (const name of ['jobs', 'stock', 'visits']) sightings.see(await registry.getSingleMetricAsString(name))
      sightings.see(await registry.metrics())
      registry.setDefaultLabels({ service: 'shop', queue: 'none' })
      sightings.see(await registry.metrics())
      sightings.see(await registry.getSingleMetricAsString('jobs'))
      sightings.see(await registry.getMetricsAsString(plugIn))
      sightings.see(registry.getMetricsAsArray().map(({ name }: { name: string }) => name))
      sightings.see(registry.getSingleMetric('visits') === plugIn)
      sightings.see(registry.getSingleMetric('nothing'))
    }),
  )

  test('writes a metric that no registry has', () =>
    expectSame(async ({ Registry, Counter }, sightings) => {
      const metric = new Counter({ name: 'm', help: 'M.', labelNames: ['a'], registers: [] })
      metric.inc({ a: 1 })
      const registry = new Registry()
      registry.setDefaultLabels({ b: 2 })
      sightings.see(await registry.getMetricsAsString(metric))
      sightings.see(await registry.metrics())
    }))

  test('refuses what the client refuses, with its texts', () =>
    expectSame((client, sightings) => {
      const { Registry, Counter } = client
      const { registry } = shop(client)
      const other = new Registry()
      sightings.attempt(() => new Registry('text/html'))
      sightings.attempt(() => registry.setContentType('text/html'))
      sightings.attempt(() => new Counter({ name: 'jobs', help: 'Jobs.', registers: [registry] }))
      sightings.attempt(() => registry.registerMetric({ name: 'stock', get: () => ({}) }))
      sightings.attempt(() => other.registerMetric({ get: () => ({ name: 'one' }) }))
      sightings.attempt(() => other.registerMetric({ get: () => ({ name: 'two' }) }))
      other.setContentType(openMetrics)
      sightings.attempt(() => Registry.merge([registry, other]))
      sightings.attempt(() => Registry.merge([registry, registry]).getMetricsAsArray().length)
      sightings.attempt(() => Registry.merge([registry, shop(client).registry]))
    }))

  test('is merged with others, without their default labels', () =>
    expectSame(async (client, sightings) => {
      const { Registry, Gauge } = client
      const { registry } = shop(client)
      const other = new Registry()
      new Gauge({ name: 'level', help: 'L.', registers: [other] }).set(2)
      registry.setDefaultLabels({ service: 'shop' })
      const merged = Registry.merge([registry, other])
      sightings.see(await merged.metrics())
      sightings.see(await merged.getMetricsAsJSON())
      sightings.see(merged.contentType)
    }))

  test('is merged as it is: what is registered later is in its own registry only', () =>
    expectSame(async ({ Registry, Counter }, sightings) => {
      const [one, other] = [new Registry(), new Registry()]
      const first = new Counter({ name: 'first', help: 'F.', registers: [one] })
      const merged = Registry.merge([one, other])
      new Counter({ name: 'later', help: 'L.', labelNames: ['a'], registers: [other] }).inc({ a: 1 }, 2)
      sightings.see([await merged.metrics(), await merged.getMetricsAsJSON(), await other.metrics()])
      one.clear()
      first.inc(3)
      sightings.see([await merged.metrics(), await one.metrics()])
      merged.registerMetric(other.getSingleMetric('later'))
      sightings.see(await merged.metrics())
    }))

  test('lets metrics go, which keep their values and come back with them', () =>
    expectSame(async (client, sightings) => {
      const { registry, jobs } = shop(client)
      const other = new client.Registry()
      other.registerMetric(jobs)
      registry.removeSingleMetric('jobs')
      jobs.inc({ result: 'ok', queue: 7 }, 2)
      sightings.see(await jobs.get())
      sightings.see(await registry.metrics())
      sightings.see(await other.metrics())
      sightings.see(await other.getSingleMetricAsString('jobs'))

      const another = new client.Counter({ name: 'jobs', help: 'J.', registers: [registry] })
      another.inc(5)
      sightings.see([await registry.metrics(), await other.metrics()])
      registry.clear()
      sightings.see([await registry.metrics(), await another.get()])

      registry.registerMetric(jobs)
      jobs.inc({ result: 'ok', queue: 7 })
      sightings.see([await registry.metrics(), await other.metrics()])
      registry.resetMetrics()
      sightings.see([await registry.metrics(), await jobs.get()])
    }))

  test('lets metrics go in a collect(), which makes new ones of the same name', () =>
    expectSame(async ({ Registry, Counter, Gauge }, sightings) => {
      const registry = new Registry()
      const registers = [registry]
      const jobs: { get(): Promise<unknown> }[] = []
      function makeJobs(): void {
        const made = new Counter({ name: 'jobs', help: 'J.', labelNames: ['queue'], registers })
        jobs.push(made)
        made.inc({ queue: 'mail' }, jobs.length)
      }
      makeJobs()
      // The new metric is shown from the next answer on in the client, from this one on in the entry.
      let again = true
      new Gauge({
        name: 'level',
        help: 'L.',
        registers,
        async collect() {
          if (!again) return
          registry.removeSingleMetric('jobs')
          await Promise.resolve()
          makeJobs()
        },
      })
      for (let i = 0; i < 3; i++) await registry.metrics()
      again = false
      sightings.see(await registry.metrics())
      for (const made of jobs) sightings.see(await made.get())
    }))

  test('forgets its default labels when it is cleared', () =>
    expectSame(async (client, sightings) => {
      const { registry, stock } = shop(client)
      registry.setDefaultLabels({ service: 'shop' })
      registry.clear()
      registry.registerMetric(stock)
      sightings.see(await registry.metrics())
    }))

  test('that is empty is an empty line', () =>
    expectSame(async ({ Registry }, sightings) => sightings.see(await new Registry().metrics())))

  test('rejects for a name that it does not have', async () => {
    await expect(register.getSingleMetricAsString('nothing')).rejects.toThrow(TypeError)
  })
})

describe('the default registry of the entry', () => {
  test("shows what promhive's own shows, and the other way round", async () => {
    new PromhiveCounter({ name: 'own_jobs_total', help: 'Own jobs.', labelNames: ['b', 'a'] }).inc({ b: 1, a: 2 })
    new Gauge({ name: 'clients', help: 'Clients.' }).set(4)
    expect(await register.metrics()).toBe(
      '# HELP own_jobs_total Own jobs.\n# TYPE own_jobs_total counter\nown_jobs_total{b="1",a="2"} 1\n\n# HELP clients Clients.\n# TYPE clients gauge\nclients 4\n',
    )
    expect(await promhiveRegister.metrics()).toBe(
      '# HELP clients Clients.\n# TYPE clients gauge\nclients 4\n# HELP own_jobs_total Own jobs.\n# TYPE own_jobs_total counter\nown_jobs_total{a="2",b="1"} 1\n',
    )
    expect(Registry.globalRegistry).toBe(register)
    expect(contentType).toBe(Registry.PROMETHEUS_CONTENT_TYPE)

    promhiveRegister.setDefaultLabels({ service: 'shop' })
    expect(await register.getSingleMetricAsString('clients')).toContain('clients{service="shop"} 4')
    register.clear()
    expect([await register.metrics(), await promhiveRegister.metrics()]).toEqual(['\n', ''])
  })

  test("shows promhive's own state only on request", async () => {
    new Counter({ name: 'promhive_pushes_total', help: 'P.' }).inc()
    expect(await register.metrics()).toBe('\n')
    expect(await register.getMetricsAsJSON()).toEqual([])
    expect(await promhiveRegister.metrics()).toContain('promhive_pushes_total 1')
    configure({ selfMetrics: true })
    expect(await register.metrics()).toMatch(/promhive_pushes_total 1[\s\S]*promhive_series 1/)
    configure({ selfMetrics: false })
    register.clear()
  })

  test('chooses its format alone', async () => {
    register.setContentType(openMetrics as never)
    expect([register.contentType, promhiveRegister.contentType]).toEqual([
      openMetrics,
      Registry.PROMETHEUS_CONTENT_TYPE,
    ])
    register.setContentType(Registry.PROMETHEUS_CONTENT_TYPE)
  })
})
