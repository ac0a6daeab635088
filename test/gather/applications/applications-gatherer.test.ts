import { describe, expect, test } from 'vitest'
import { expositionOf } from '../../../src/cli/source-exposition.js'
import { ApplicationGatherer } from '../../../src/gather/application-gatherer.js'
import { ApplicationsGatherer } from '../../../src/gather/applications/applications-gatherer.js'
import type { Gatherer } from '../../../src/gather/gatherer.js'
import { SourceGatherer } from '../../../src/gather/source-gatherer.js'
import type { FamilyDescriptor } from '../../../src/model/descriptor.js'
import { MetricsError } from '../../../src/model/errors.js'
import type { WriterSnapshot } from '../../../src/store/contract.js'
import { stateSetFamily, summaryFamily } from '../../helpers/families.js'
import { hasPromtool, promtoolSays } from '../../helpers/promtool.js'
import { samplesOf } from '../../helpers/samples.js'
import { hasStrictParser, parsedStrictly } from '../../helpers/strict-parser.js'
import { counterFamily, gaugeFamily, histogramFamily, TestWriter } from '../../helpers/writers.js'

const openMetrics = 'application/openmetrics-text; version=1.0.0'

/** An application whose families a test writes by hand. */
class TestApplication {
  readonly writer = new TestWriter(1)
  readonly writers: WriterSnapshot[] = [this.writer]
  fault: MetricsError | undefined
  /** Resolves when a reading may end. */
  gate: Promise<void> = Promise.resolve()
  released = 0

  constructor(readonly name: string) {}

  with(family: FamilyDescriptor, labels: readonly (string | null)[], slots: readonly number[]): this {
    this.writer.open(family, labels, slots)
    return this
  }

  get gatherer(): Gatherer {
    const read = async () => {
      await this.gate
      if (this.fault !== undefined) return { writers: [], errors: [this.fault], incomplete: this.fault }
      return { writers: this.writers, errors: [] }
    }
    return new ApplicationGatherer(new SourceGatherer(() => ({ read, close() {} })))
  }
}

function together(applications: readonly TestApplication[], within?: number) {
  const errors: MetricsError[] = []
  const named = applications.map(({ name, gatherer }) => ({ name, gatherer }))
  const gatherer = new ApplicationsGatherer(named, {
    onError: (error) => errors.push(error),
    ...(within !== undefined && { within }),
  })
  const exposition = expositionOf(gatherer)
  const text = async (accept = 'text/plain'): Promise<string> => {
    const { chunks } = await exposition.expose(accept)
    return Buffer.concat(chunks).toString()
  }
  return { gatherer, errors, text, samples: async () => ofApplications(samplesOf(await text())) }
}

/** Without promhive's own families. */
function ofApplications(samples: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(samples).filter(([name]) => !name.startsWith('promhive_')))
}

describe('the families of several applications', () => {
  test('are one family each, with the name of the application on every series', async () => {
    const jobs = counterFamily('jobs_total', { labelNames: ['kind'] })
    const a = new TestApplication('a').with(jobs, ['x'], [1]).with(jobs, ['y'], [2])
    const b = new TestApplication('b')
      .with(jobs, ['x'], [3])
      .with(gaugeFamily('level', 'sum'), [], [2, 7, NaN, NaN, NaN])
    const { text, samples, errors } = together([a, b])
    expect(await samples()).toEqual({
      'jobs_total{application="a",kind="x"}': 1,
      'jobs_total{application="a",kind="y"}': 2,
      'jobs_total{application="b",kind="x"}': 3,
      'level{application="b"}': 7,
    })
    for (const accept of ['text/plain', openMetrics]) {
      const whole = await text(accept)
      expect([...whole.matchAll(/^# TYPE jobs(?:_total)? counter$/gm)]).toHaveLength(1)
      expect(whole).toContain('promhive_writers{application="b",state="live"} 1\n')
      expect(whole).toContain('promhive_application_up{application="a"} 1\n')
    }
    if (hasPromtool) expect(promtoolSays(await text())).not.toContain('exit')
    if (hasStrictParser) expect(parsedStrictly(await text(openMetrics)).length).toBeGreaterThan(3)
    expect(errors).toEqual([])
  })

  test('follow later counts, new series, removed series and new help texts', async () => {
    const jobs = counterFamily('jobs_total', { labelNames: ['kind'] })
    const a = new TestApplication('a').with(jobs, ['x'], [1])
    const b = new TestApplication('b').with(jobs, ['x'], [3])
    const { samples, text } = together([a, b])
    await samples()
    a.writer.values[0] = 11
    const at = a.writer.open(jobs, ['z'], [5])
    expect(await samples()).toEqual({
      'jobs_total{application="a",kind="x"}': 11,
      'jobs_total{application="a",kind="z"}': 5,
      'jobs_total{application="b",kind="x"}': 3,
    })
    a.writer.remove(jobs, ['z'], at)
    expect(Object.keys(await samples())).toEqual([
      'jobs_total{application="a",kind="x"}',
      'jobs_total{application="b",kind="x"}',
    ])
    const newer = new TestWriter(2, 1_800_000_000)
    newer.open(counterFamily('jobs_total', { labelNames: ['kind'], help: 'Done.' }), ['x'], [1])
    a.writers.push(newer)
    expect(await text()).toContain('# HELP jobs_total Done.\n')
    expect(await samples()).toMatchObject({ 'jobs_total{application="a",kind="x"}': 12 })
  })

  test('may have different labels: a series has those of its own application', async () => {
    const a = new TestApplication('a').with(counterFamily('jobs_total', { labelNames: ['kind'] }), ['x'], [1])
    const b = new TestApplication('b').with(counterFamily('jobs_total', { labelNames: ['queue'] }), ['q'], [2])
    expect(await together([a, b]).samples()).toEqual({
      'jobs_total{application="a",kind="x"}': 1,
      'jobs_total{application="b",queue="q"}': 2,
    })
  })

  test('keep a label application of their own under the name that Prometheus gives it', async () => {
    const labelNames = ['application', 'exported_application']
    const a = new TestApplication('a').with(counterFamily('jobs_total', { labelNames }), ['mine', 'other'], [1])
    const b = new TestApplication('b').with(counterFamily('jobs_total', { labelNames: ['application'] }), ['mine'], [2])
    expect(await together([a, b]).samples()).toEqual({
      'jobs_total{application="a",exported_application="other",exported_exported_application="mine"}': 1,
      'jobs_total{application="b",exported_application="mine"}': 2,
    })
  })

  test('of a state set with the name of the label are valid as well', async () => {
    const states = stateSetFamily('application', ['up', 'down'])
    const a = new TestApplication('a').with(states, [], [2, 1, 1, 1, 0])
    const { samples, text } = together([a])
    expect(await samples()).toEqual({
      'application{application="a",exported_application="down"}': 0,
      'application{application="a",exported_application="up"}': 1,
    })
    if (hasStrictParser) expect(parsedStrictly(await text(openMetrics)).length).toBeGreaterThan(0)
  })

  test('may have different buckets and quantiles: every application shows its own', async () => {
    const a = new TestApplication('a')
      .with(histogramFamily('seconds', [1, 2]), [], [0, 3, 1, 1, 0])
      .with(summaryFamily('size'), [], [0, 5, 2])
    const b = new TestApplication('b').with(histogramFamily('seconds', [5]), [], [0, 9, 1, 2])
    const { samples, text, errors } = together([a, b])
    expect(await samples()).toMatchObject({
      'seconds_bucket{application="a",le="1"}': 1,
      'seconds_bucket{application="a",le="2"}': 2,
      'seconds_bucket{application="a",le="+Inf"}': 2,
      'seconds_bucket{application="b",le="5"}': 1,
      'seconds_bucket{application="b",le="+Inf"}': 3,
      'seconds_sum{application="b"}': 9,
      'size_count{application="a"}': 2,
    })
    expect([...(await text()).matchAll(/^# TYPE seconds histogram$/gm)]).toHaveLength(1)
    if (hasStrictParser) expect(parsedStrictly(await text(openMetrics)).length).toBeGreaterThan(3)
    expect(errors).toEqual([])
  })

  test('of different types are not mixed: the first application is shown, and the error is counted', async () => {
    const a = new TestApplication('a').with(counterFamily('jobs'), [], [1])
    const b = new TestApplication('b').with(gaugeFamily('jobs', 'sum'), [], [2, 7, NaN, NaN, NaN])
    const { samples, text, errors } = together([a, b])
    expect(await samples()).toEqual({ 'jobs{application="a"}': 1 })
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'FAMILY_CONFLICT',
        'jobs is a gauge in application b and a counter in application a, which is shown; ' +
          'rename one of them, or scrape them separately with /probe?target=b',
      ],
    ])
    await samples()
    expect(await text()).toContain('promhive_application_errors_total{application="b",code="FAMILY_CONFLICT"} 3\n')
  })
})

describe('an application that cannot be read', () => {
  const jobs = counterFamily('jobs_total')

  test('is omitted, the others are shown, and it returns', async () => {
    const [a, b] = [new TestApplication('a').with(jobs, [], [1]), new TestApplication('b').with(jobs, [], [2])]
    const { samples, text, errors } = together([a, b])
    b.fault = new MetricsError('FILE_UNREADABLE', 'the metrics directory cannot be listed', { reason: 'eacces' })
    expect(await samples()).toEqual({ 'jobs_total{application="a"}': 1 })
    expect(await text()).toMatch(
      /promhive_application_up\{application="a"\} 1\npromhive_application_up\{application="b"\} 0\n/,
    )
    expect(errors[0]).toMatchObject({
      code: 'SCRAPE_INCOMPLETE',
      message: 'application b is omitted from the scrape: the metrics directory cannot be listed',
    })
    b.fault = undefined
    expect(await samples()).toEqual({ 'jobs_total{application="a"}': 1, 'jobs_total{application="b"}': 2 })
    expect(await text()).toContain('promhive_application_errors_total{application="b",code="SCRAPE_INCOMPLETE"} 2\n')
  })

  test('or hangs is omitted after a while, and its late answer does not block it', async () => {
    const [a, b] = [new TestApplication('a').with(jobs, [], [1]), new TestApplication('b').with(jobs, [], [2])]
    const { samples, errors } = together([a, b], 50)
    let open = (): void => {}
    b.gate = new Promise((resolve) => {
      open = resolve
    })
    expect(await samples()).toEqual({ 'jobs_total{application="a"}': 1 })
    expect(errors.map(({ code }) => code)).toEqual(['READ_FAILED'])
    open()
    expect(await samples()).toMatchObject({ 'jobs_total{application="b"}': 2 })
  })
})

test('a gathering keeps its numbers until it is released', async () => {
  const jobs = counterFamily('jobs_total')
  const a = new TestApplication('a').with(jobs, [], [1])
  const { gatherer } = together([a])
  const first = await gatherer.gather()
  let second = false
  const next = gatherer.gather().then((gathered) => {
    second = true
    gathered.release()
  })
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(second).toBe(false)
  first.release()
  await next
})
