import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OtlpReceiver } from '../../helpers/otlp-receiver.js'
import type { Actor } from '../../helpers/processes/actor.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { provideDist } from '../../helpers/processes/dist.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url))
const sends = program('sends.mjs')

// Without the addon's locks: test/torture/otlp.test.ts.
describe('processes that send over OTLP', () => {
  const env = {}

  test('send exact totals as one application, from one of them, and from another one after a SIGKILL', async ({
    stage,
  }) => {
    const receiver = await OtlpReceiver.start(stage)
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory(), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } }
    const [one, two] = [await stage.start(sends, options), await stage.start(sends, options)]
    await one.ask('count', 'jobs_total', {}, 3)
    await two.ask('count', 'jobs_total', {}, 4)
    await one.ask('start', { interval: 0.1 })
    await until(
      () => receiver.total('jobs_total'),
      (total) => total === 7,
    )
    await two.ask('start', { interval: 0.1 })
    await until(
      () => two.ask('last'),
      (last) => last === 'standby',
    )
    const [before] = receiver.last('jobs_total')!.points
    await one.kill()
    await two.ask('count', 'jobs_total', {}, 10)
    await until(
      () => receiver.total('jobs_total'),
      (total) => total === 17,
    )
    await two.ask('count', 'jobs_total')
    await two.ask('stop')
    expect(receiver.total('jobs_total')).toBe(18)
    const [after] = receiver.last('jobs_total')!.points
    expect(after!.startTimeUnixNano).toBe(before!.startTimeUnixNano)
    expect(new Set(receiver.accepted.map(({ resource }) => JSON.stringify(resource))).size).toBe(1)
    expect(receiver.accepted[0]!.resource).toMatchObject({
      'service.name': 'unknown_service:node',
      'service.instance.id': expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      'telemetry.sdk.name': 'promhive',
      'telemetry.sdk.language': 'nodejs',
    })
    // Self-metrics of the exporter itself are in the exports that follow.
    expect(receiver.last('promhive_exports_total')!.points.map(({ attributes }) => attributes)).toContainEqual({
      exporter: 'otlp',
      result: 'ok',
    })
  })

  test('send differences that add up to the totals, through failures, removals and the end of the sender', async ({
    stage,
  }) => {
    const receiver = await OtlpReceiver.start(stage)
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory(), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } }
    const settings = { interval: 3600, timeout: 1, temporality: 'delta' }
    const [one, two] = [await stage.start(sends, options), await stage.start(sends, options)]
    const count = async (actor: Actor, times: number) => {
      await actor.ask('count', 'jobs_total', { queue: 'a' }, times)
      await actor.ask('count', 'jobs_total', { queue: String(times) }, times)
      await actor.ask('observe', 'took_seconds', {}, times, 0.5)
      await actor.ask('observe', 'took_seconds', {}, 1, 5)
    }
    await count(one, 3)
    await one.ask('start', settings)
    await until(
      () => one.ask('last'),
      (last) => last === 'ok',
    )
    await two.ask('start', settings)
    await count(two, 4)
    receiver.answer = { status: 500 }
    expect(await one.ask('send')).toBe('failed')
    receiver.answer = {}
    await count(one, 5)
    expect(await one.ask('send')).toBe('ok')
    await count(two, 6)
    // Of what is removed, the receiver has what was sent before.
    expect(await one.ask('send')).toBe('ok')
    await one.ask('remove', 'jobs_total', { queue: '3' })
    await count(two, 7)
    await one.kill()
    await until(
      () => two.ask('send'),
      (result) => result === 'ok',
    )
    await count(two, 8)
    await two.ask('stop')
    expect(receiver.sumOfDeltas('jobs_total')).toBe(2 * (3 + 4 + 5 + 6 + 7 + 8))
    const points = receiver.accepted.flatMap(({ metrics }) => metrics.filter(({ name }) => name === 'took_seconds'))
    const counts = [0, 1, 2, 3].map((bucket) =>
      points.reduce((sum, each) => sum + Number(each.points[0]!.bucketCounts![bucket]), 0),
    )
    expect(counts).toEqual([3 + 4 + 5 + 6 + 7 + 8, 0, 0, 6])
    // Each interval begins where the one before ended.
    const times = points.map(({ points: [point] }) => [point!.startTimeUnixNano, point!.timeUnixNano])
    expect(times.slice(1).map(([start]) => start)).toEqual(times.slice(0, -1).map(([, end]) => end))
  })
})

test('a cluster sends the totals of all its workers, those of a killed one as well', async ({ stage }) => {
  const receiver = await OtlpReceiver.start(stage)
  const primary = await stage.start(program('clusters.mjs'), {
    env: { PROMHIVE_OTLP: receiver.url, OTEL_SERVICE_NAME: 'shop', OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
  })
  for (const count of [100, 20, 3]) await primary.ask('fork', count)
  await until(
    () => receiver.total('jobs_total'),
    (total) => total === 123,
  )
  await primary.ask('kill', 0)
  await primary.ask('fork', 1_000)
  await primary.ask('stop')
  expect(receiver.total('jobs_total')).toBe(1_123)
  expect(receiver.last('job_seconds')!.points[0]!.count).toBe('1123')
  const totals = receiver.accepted.map(
    ({ metrics }) => metrics.find(({ name }) => name === 'jobs_total')?.points[0]?.asDouble,
  )
  expect(totals.filter(Number).toSorted((a, b) => a! - b!)).toEqual(totals.filter(Number))
  expect(receiver.accepted[0]).toMatchObject({
    resource: { 'service.name': 'shop' },
    headers: { 'content-encoding': 'gzip' },
  })
})

test('promhive run sends with the variables of OpenTelemetry, once PROMHIVE_OTLP enables it', async ({ stage }) => {
  const receiver = await OtlpReceiver.start(stage)
  const env = {
    PROMHIVE_OTLP: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b',
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test,service.name=ignored',
    OTEL_SERVICE_NAME: 'shop',
  }
  await SupervisedApplication.start(stage, { args: ['--workers', '2'], env })
  await until(
    () => receiver.last('app_config_info'),
    (metric) => metric !== undefined,
  )
  expect(receiver.accepted[0]).toMatchObject({
    path: '/v1/metrics',
    headers: { 'content-type': 'application/json', 'x-key': 'a b' },
    resource: { 'service.name': 'shop', 'deployment.environment': 'test' },
  })
})

test('promhive serve sends as the application that it reads, and each difference once', async ({ stage }) => {
  const receiver = await OtlpReceiver.start(stage)
  const directory = stage.directory()
  const actor = await stage.start(sends, { env: { PROMHIVE_DIR: directory } })
  await actor.ask('count', 'jobs_total', {}, 3)
  await actor.ask('start', { endpoint: receiver.url, interval: 3600 })
  await until(
    () => receiver.total('jobs_total'),
    (total) => total === 3,
  )
  await actor.ask('stop')
  const sent = receiver.accepted.length
  await actor.ask('count', 'jobs_total')
  const served = await promhiveServe(stage, ['--dir', directory], { PROMHIVE_OTLP: receiver.url })
  await until(
    () => receiver.total('jobs_total'),
    (total) => total === 4,
  )
  expect(receiver.accepted[sent]!.resource).toEqual(receiver.accepted[0]!.resource)
  await served.stop()
  const env = { PROMHIVE_OTLP: receiver.url, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' }
  const before = receiver.accepted.length
  // After a time limit, it would not be known whether the receiver has accepted a difference.
  const often = { PROMHIVE_EXPORTERS: '{"otlp":{"interval":0.1,"timeout":10}}' }
  const serves = () => promhiveServe(stage, ['--dir', directory], { ...env, ...often })
  const other = await serves()
  await until(
    () => receiver.accepted.length,
    (length) => length > before + 1,
  )
  await actor.ask('count', 'jobs_total', {}, 5)
  const differences = () =>
    receiver.accepted
      .slice(before)
      .flatMap(({ metrics }) => metrics.filter(({ name }) => name === 'jobs_total'))
      .reduce((sum, { points }) => sum + points[0]!.asDouble!, 0)
  await until(differences, (sum) => sum === 9)
  await other.stop()
  // What is counted while it does not run is sent by the next one.
  await actor.ask('count', 'jobs_total', {}, 2)
  const next = await serves()
  await until(differences, (sum) => sum >= 11)
  const exports = receiver.accepted.length
  await until(
    () => receiver.accepted.length,
    (length) => length > exports + 1,
  )
  expect(differences()).toBe(11)
  await next.stop()
})

test('two receivers each get the numbers, from one process each', async ({ stage }) => {
  const receivers = [await OtlpReceiver.start(stage), await OtlpReceiver.start(stage)] as const
  const actor = await stage.start(sends, { env: { PROMHIVE_DIR: stage.directory() } })
  await actor.ask('count', 'jobs_total', {}, 3)
  for (const { url } of receivers) await actor.ask('start', { endpoint: url, interval: 3600, temporality: 'delta' })
  for (const receiver of receivers) {
    await until(
      () => receiver.sumOfDeltas('jobs_total'),
      (sum) => sum === 3,
    )
  }
})

describe('a receiver that does not answer', () => {
  test('delays neither the application nor its end', async ({ stage }) => {
    const receiver = await OtlpReceiver.start(stage)
    receiver.answer = { hangs: true }
    const actor = await stage.start(sends, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } })
    await actor.ask('count', 'jobs_total')
    await actor.ask('start', { interval: 3600, timeout: 1 })
    await until(
      () => receiver.arrivals.length,
      (count) => count === 1,
    )
    expect(await actor.ask('scrape')).toContain('jobs_total 1')
    const began = Date.now()
    await actor.ask('stop')
    expect(Date.now() - began).toBeLessThan(5_000)
    expect(actor.errors).toContain(`otlp: the metrics could not be sent to ${receiver.url}/v1/metrics`)
  })

  test('does not keep a process running that has nothing else to do', async ({ stage }) => {
    provideDist()
    const receiver = await OtlpReceiver.start(stage)
    receiver.answer = { hangs: true }
    const code = `
      import { Counter } from 'promhive'
      import { startOtlp } from 'promhive/otlp'
      new Counter({ name: 'jobs_total', help: 'x' }).inc()
      startOtlp({ endpoint: '${receiver.url}', timeout: 60 })
      setTimeout(() => {}, 500)`
    const began = Date.now()
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    })
    stage.after(() => void child.kill())
    const ended = await new Promise((resolve) => child.once('exit', resolve))
    expect([ended, receiver.arrivals.length]).toEqual([0, 1])
    expect(Date.now() - began).toBeLessThan(20_000)
  })
})
