import { describe, expect, test } from 'vitest'
import { Counter } from '../../src/metric/counter.js'
import { Gauge } from '../../src/metric/gauge.js'
import { Histogram } from '../../src/metric/histogram.js'
import { Summary } from '../../src/metric/summary.js'
import { Registry } from '../../src/registry/registry.js'
import type { ProcessContext } from '../../src/runtime/process-context.js'
import { faultOf } from '../helpers/fault.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { samplesOf } from '../helpers/samples.js'
import { hasStrictParser, parsedStrictly } from '../helpers/strict-parser.js'

const openMetrics = 'application/openmetrics-text'

/** The samples of some families. */
function samplesIn(text: string, ...names: string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(samplesOf(text)).filter(([sample]) => names.includes(sample.split('{')[0]!)))
}

/** Two processes of an application; the first one answers per worker. */
function twoProcesses(options: Parameters<ProcessContext['configure']>[0] = {}): readonly [TestProcess, TestProcess] {
  const directory = freshDirectory()
  const processes = [new TestProcess(directory), new TestProcess(directory)] as const
  for (const process of processes) if (options.workerLabel) process.configure({ workerLabel: options.workerLabel })
  processes[0].configure({ perWorker: true })
  return processes
}

describe('a scrape per worker', () => {
  test('has the values of each worker, its creation times and its exemplars', async () => {
    const processes = twoProcesses()
    for (const [i, { registry }] of processes.entries()) {
      const common = { help: 'X.', registers: [registry] }
      new Counter({ ...common, name: 'jobs_total', enableExemplars: true }).inc({
        value: i + 1,
        exemplarLabels: { trace: `t${i}` },
      })
      new Histogram({ ...common, name: 'wait', buckets: [1] }).observe(i)
      new Summary({ ...common, name: 'size', quantiles: [0.5] }).observe(100 * (i + 1))
    }
    const { chunks } = await processes[0].registry.expose(openMetrics)
    const text = Buffer.concat(chunks).toString()
    if (hasStrictParser) expect(parsedStrictly(text).length).toBeGreaterThan(0)
    const lines = text.split('\n')
    const of = (beginning: string): string[] => lines.filter((line) => line.startsWith(beginning))
    expect(of('jobs_total{')).toEqual([
      expect.stringMatching(/^jobs_total\{worker="1"\} 1 # \{trace="t0"\} 1/),
      expect.stringMatching(/^jobs_total\{worker="2"\} 2 # \{trace="t1"\} 2/),
    ])
    expect(of('jobs_created')).toHaveLength(2)
    expect(of('wait_bucket')).toEqual([
      'wait_bucket{worker="1",le="1.0"} 1',
      'wait_bucket{worker="1",le="+Inf"} 1',
      'wait_bucket{worker="2",le="1.0"} 1',
      'wait_bucket{worker="2",le="+Inf"} 1',
    ])
    const [first, second] = of('size{').map((line) => Number(line.split(' ')[1]))
    expect(first).toBeCloseTo(100, -1)
    expect(second).toBeCloseTo(200, -1)
    expect(samplesIn(await processes[1].registry.metrics(), 'jobs_total')).toEqual({ jobs_total: 3 })
  })

  test('shows no worker for what belongs to the process that answers, nor in a registry of one process', async () => {
    const [{ registry }] = twoProcesses()
    new Gauge({
      name: 'queue',
      help: 'X.',
      run: 'serving',
      registers: [registry],
      collect() {
        this.set(3)
      },
    })
    registry.registerCollector({
      name: 'disk',
      collect: () => [{ name: 'disk', help: 'X.', type: 'gauge', values: [{ value: 4 }] }],
    })
    expect(samplesIn(await registry.metrics(), 'queue', 'disk')).toEqual({ queue: 3, disk: 4 })
    const probe = new Registry({ scope: 'process' }, registry.context)
    new Gauge({ name: 'probe', help: 'X.', registers: [probe] }).set(1)
    expect(samplesIn(await probe.metrics(), 'probe')).toEqual({ probe: 1 })
  })

  test('does not change what metrics return to the application', async () => {
    const processes = twoProcesses()
    const jobs = processes.map(({ registry }) => new Counter({ name: 'jobs_total', help: 'X.', registers: [registry] }))
    for (const each of jobs) each.inc(2)
    expect((await jobs[0]!.get()).values).toEqual([{ value: 4, labels: {} }])
    const [json] = await processes[0].registry.getMetricsAsJSON()
    expect(json!.values.map(({ labels }) => labels.worker)).toEqual(['1', '2'])
  })

  test('where workers are distinguished by pid, gauges of mode all have both labels', async () => {
    const processes = twoProcesses({ workerLabel: 'pid' })
    for (const { registry } of processes) {
      new Gauge({ name: 'rss', help: 'X.', mode: 'liveall', registers: [registry] }).set(1)
      new Counter({ name: 'jobs_total', help: 'X.', registers: [registry] }).inc()
    }
    const text = await processes[0].registry.metrics()
    const { pid } = process
    expect(Object.keys(samplesIn(text, 'rss', 'jobs_total'))).toEqual([
      'jobs_total{worker="1"}',
      'jobs_total{worker="2"}',
      `rss{pid="${pid}",worker="1"}`,
      `rss{pid="${pid}-2",worker="2"}`,
    ])
  })

  test('adds default labels, and its number has precedence', async () => {
    const [{ registry }, other] = twoProcesses()
    for (const each of [registry, other.registry]) {
      each.setDefaultLabels({ app: 'shop', worker: 'x' })
      new Counter({ name: 'jobs_total', help: 'X.', registers: [each] }).inc()
    }
    expect(Object.keys(samplesIn(await registry.metrics(), 'jobs_total'))).toEqual([
      'jobs_total{worker="1",app="shop"}',
      'jobs_total{worker="2",app="shop"}',
    ])
  })

  test('removes idle series by their own labels, one named worker included', async () => {
    const [{ registry }] = twoProcesses()
    const labelNames = ['worker'] as const
    const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames, expireAfter: 0.2, registers: [registry] })
    jobs.inc({ worker: 'mailer' })
    expect(samplesIn(await registry.metrics(), 'jobs_total')).toEqual({
      'jobs_total{exported_worker="mailer",worker="1"}': 1,
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await registry.metrics()
    expect(samplesIn(await registry.metrics(), 'jobs_total')).toEqual({})
  })

  test('is on or off, and nothing else', () => {
    const [one] = twoProcesses()
    expect(faultOf(() => one.configure({ perWorker: 'yes' as never }))).toBe(
      'OPTION_INVALID: configure: perWorker must be true or false, got "yes"',
    )
  })
})
