import promClient from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import { collectDefaultMetrics, Gauge, MetricsError, Registry } from '../../../src/index.js'
import { shown } from '../../helpers/samples.js'

let registry = new Registry()

afterEach(() => {
  registry.clear()
  registry = new Registry()
})

interface Described {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly labels: readonly string[]
}

type Describable = Pick<Described, 'name' | 'help'> & {
  readonly labelNames: readonly string[]
  get(): { readonly type: unknown } | Promise<{ readonly type: unknown }>
}

async function described(metrics: readonly unknown[]): Promise<Described[]> {
  const all = (metrics as Describable[]).map(async (metric) => ({
    name: metric.name,
    help: metric.help,
    type: String((await metric.get()).type),
    labels: [...metric.labelNames].sort(),
  }))
  return (await Promise.all(all)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

const ours = [
  'nodejs_eventloop_time_seconds_total',
  'nodejs_eventloop_utilization',
  // As in @prometheus-io/client.
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
  ...(process.platform === 'linux'
    ? [
        'process_cgroup_cpu_limit_cores',
        'process_cgroup_memory_limit_bytes',
        'process_cgroup_pids_limit',
        'process_threads',
        'process_virtual_memory_max_bytes',
      ]
    : []),
]

describe('beside prom-client', () => {
  const theirs = new promClient.Registry()
  afterEach(() => theirs.clear())

  test.each([
    ['names, types and labels are the same', {}],
    ['prefix and labels have the same effect', { prefix: 'shop_', labels: { service: 'shop', zone: 'a' } }],
  ])('%s, and there are a few more', async (_, options) => {
    promClient.collectDefaultMetrics({ register: theirs, ...options })
    collectDefaultMetrics({ register: registry, ...options })
    const added = ours.map((name) => `${'prefix' in options ? options.prefix : ''}${name}`)
    const expected = await described(theirs.getMetricsAsArray())
    const found = await described(registry.getMetricsAsArray())
    expect(found.filter(({ name }) => !added.includes(name))).toEqual(expected)
    expect(found.filter(({ name }) => added.includes(name)).map(({ name }) => name)).toEqual(added)
    if (process.platform === 'linux') expect(expected).toHaveLength(31)
  })

  test('every series that they show is shown', async () => {
    promClient.collectDefaultMetrics({ register: theirs, labels: { service: 'shop' } })
    collectDefaultMetrics({ register: registry, labels: { service: 'shop' } })
    // What may be there at one look and not at the other.
    const fleeting = /^nodejs_(?:active_|gc_|eventloop_lag)/
    const names = (text: string): string[] => {
      const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !fleeting.test(line))
      return samples.map((line) => sortedLabels(line.slice(0, line.lastIndexOf(' '))))
    }
    const found = names(await registry.metrics())
    expect(names(await theirs.metrics()).filter((name) => !found.includes(name))).toEqual([])
  })

  test('the list begins with theirs', () => {
    const list = collectDefaultMetrics.metricsList
    expect(list.slice(0, 13)).toEqual(promClient.collectDefaultMetrics.metricsList)
    expect(list.slice(13)).toEqual(['processThreads', 'processCgroupLimits', 'eventLoopUtilization', 'eventLoopTime'])
  })
})

describe('collectDefaultMetrics', () => {
  test('returns nothing', () => {
    expect(collectDefaultMetrics({ register: registry })).toBeUndefined()
  })

  test('takes no options, or null, for the default registry', async () => {
    const { register } = await import('../../../src/index.js')
    collectDefaultMetrics()
    collectDefaultMetrics(null)
    expect(register.getSingleMetric('process_cpu_seconds_total')).toBeDefined()
    register.clear()
  })

  test('puts labels on every series', async () => {
    collectDefaultMetrics({ register: registry, labels: { service: 'shop', instance: 3 } })
    const samples = Object.keys(await shown(registry))
    expect(samples.length).toBeGreaterThan(50)
    expect(samples.filter((sample) => !/instance="3".*service="shop"/.test(sample))).toEqual([])
  })

  test('leaves a label without a value out', async () => {
    collectDefaultMetrics({ register: registry, labels: { NODE_APP_INSTANCE: undefined } })
    expect((await shown(registry)).process_cpu_seconds_total).toBeGreaterThan(0)
  })

  test('called again changes nothing', async () => {
    const options = { register: registry, prefix: 'again_' }
    collectDefaultMetrics(options)
    const before = registry.getMetricsAsArray()
    collectDefaultMetrics(options)
    expect(registry.getMetricsAsArray()).toEqual(before)
    const samples = await shown(registry)
    const { user, system } = process.cpuUsage()
    expect(samples.again_process_cpu_seconds_total! * 1e6).toBeLessThanOrEqual(user + system + 1)
  })

  test('measures for each of two registries', async () => {
    const other = new Registry()
    collectDefaultMetrics({ register: registry })
    collectDefaultMetrics({ register: other })
    for (const each of [registry, other]) {
      const { process_cpu_seconds_total: cpu } = await shown(each)
      const { user, system } = process.cpuUsage()
      expect(cpu).toBeGreaterThan(0)
      expect(cpu! * 1e6).toBeLessThanOrEqual(user + system + 1)
    }
    other.clear()
  })

  test('shows values again after they were reset', async () => {
    collectDefaultMetrics({ register: registry })
    await shown(registry)
    registry.resetMetrics()
    const samples = await shown(registry)
    expect(samples[`nodejs_version_info{${versionLabels()}}`]).toBe(1)
    expect(samples.process_start_time_seconds).toBeGreaterThan(0)
  })

  test('shows each gauge and counter per worker if asked to', async () => {
    collectDefaultMetrics({ register: registry, perWorker: true })
    const samples = Object.keys(await shown(registry))
    expect(samples).toContain('nodejs_heap_size_used_bytes{worker="1"}')
    expect(samples).toContain('process_cpu_seconds_total{worker="1"}')
    expect(samples).toContain('nodejs_eventloop_time_seconds_total{state="active",worker="1"}')
    expect(samples).toContain('nodejs_gc_duration_seconds_count{kind="major"}')
    expect(() => collectDefaultMetrics({ register: registry })).toThrow(
      /a series per worker and one series of all workers/,
    )
    const named = () => collectDefaultMetrics({ register: new Registry(), perWorker: true, labels: { worker: 'a' } })
    expect(named).toThrow(expect.objectContaining({ code: 'LABEL_RESERVED' }))
  })

  test('names the metric that has another definition', () => {
    new Gauge({ name: 'process_open_fds', help: 'Mine.', labelNames: ['kind'], registers: [registry] })
    const call = () => collectDefaultMetrics({ register: registry })
    expect(call).toThrow(expect.objectContaining({ code: 'NAME_TAKEN' }))
    expect(call).toThrow(/process_open_fds/)
  })

  test('refuses a value that is not a registry', () => {
    const call = () => collectDefaultMetrics({ register: {} as Registry })
    expect(call).toThrow(expect.objectContaining({ code: 'REGISTER_INVALID' }))
  })

  test.each<[string, unknown]>([
    ['options that are not an object', 7],
    ['a prefix that is not a string', { prefix: 7 }],
    ['labels that are not an object', { labels: 'service' }],
    ['a precision of nothing', { eventLoopMonitoringPrecision: 0 }],
    ['samples at no interval', { eventLoopUtilizationTimeout: 0 }],
    ['a precision that is not a number', { eventLoopMonitoringPrecision: '10' }],
    ['perWorker that is neither true nor false', { perWorker: 'yes' }],
  ])('turns away %s', (_, options) => {
    const call = () => collectDefaultMetrics(options as never)
    expect(call).toThrow(MetricsError)
    expect(call).toThrow(/^collectDefaultMetrics: .*, got /)
  })
})

function versionLabels(): string {
  const [major, minor, patch] = process.versions.node.split('.')
  return `major="${major}",minor="${minor}",patch="${patch}",version="${process.version}"`
}

/** `x{b="1",a="2"}` with its labels in alphabetical order. */
function sortedLabels(sample: string): string {
  const [, name, labels] = /^(\w+)\{(.*)\}$/.exec(sample) ?? []
  return labels === undefined ? sample : `${name}{${labels.split(',').sort().join()}}`
}
