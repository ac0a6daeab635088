import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import type { ExportedSamples } from '../../../src/export/contract.js'
import { Credentials } from '../../../src/export/remote-write/credentials.js'
import { Receiver, retriesStatus } from '../../../src/export/remote-write/receiver.js'
import { RemoteWrite, type SenderSettings } from '../../../src/export/remote-write/remote-write.js'
import { HttpPoster } from '../../../src/export/send/http-poster.js'
import type { Gatherer } from '../../../src/gather/gatherer.js'
import { Counter, Registry } from '../../../src/index.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { pause } from '../../helpers/processes/until.js'
import { bySeries } from '../../helpers/remote-write/messages.js'
import { TestReceiver } from '../../helpers/remote-write/test-receiver.js'

// This test sets the time of the system.
vi.mock('../../../src/platform/system-time.js', () => ({ systemNow: () => Date.now() }))

const series = 'jobs_total{job="shop"}'

describe('a request', () => {
  test('of version 1.0 has the headers of the specification', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send, jobs } = sender(stage, receiver)
    jobs.inc(3)
    expect(await send()).toEqual({ samples: 1, dropped: 0, reason: '' })
    expect(receiver.requests[0]!.headers).toMatchObject({
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'promhive/1.2.3',
    })
    expect(bySeries(receiver.requests[0]!)).toEqual({ [series]: 3 })
  })

  test('of version 2.0 as well', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send, notices } = sender(stage, receiver, { version: '2.0' })
    expect(await send()).toMatchObject({ samples: 1, dropped: 0 })
    expect(receiver.requests.map(({ headers }) => headers)).toEqual([
      expect.objectContaining({
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'x-prometheus-remote-write-version': '2.0.0',
        'user-agent': 'promhive/1.2.3',
      }),
    ])
    expect(notices).toEqual([])
  })

  test('has the credentials, which are read from the file each time', async ({ stage }) => {
    const file = join(stage.folder(), 'token')
    writeFileSync(file, 'first\n')
    const receiver = await TestReceiver.start(stage)
    const { send } = sender(stage, receiver, {}, new Credentials({ bearerTokenFile: file }))
    await send()
    writeFileSync(file, 'second')
    await send()
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second'])
    const login = new Credentials({ username: 'shop', password: 'pä:ss' })
    const basic = `Basic ${Buffer.from('shop:pä:ss').toString('base64')}`
    expect(await login.header()).toEqual({ authorization: basic })
    expect(await new Credentials({}).header()).toEqual({})
  })

  test('is followed by types and help texts, until the receiver refuses these', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, 204, 204, 204, { status: 400, body: 'no metadata here' })
    const { send, notices } = sender(stage, receiver, { metadataEvery: 0 })
    expect(await send()).toEqual({ samples: 1, dropped: 0, reason: '' })
    expect(receiver.requests[1]!.metadata).toEqual([{ name: 'jobs_total', type: 'COUNTER', help: 'Jobs.', unit: '' }])
    expect(await send()).toEqual({ samples: 1, dropped: 0, reason: '' })
    expect(notices).toEqual([expect.stringContaining('status 400, no metadata here')])
    await send()
    expect(receiver.requests.map((request) => request.metadata.length)).toEqual([0, 1, 0, 1, 0])
  })

  test('is still followed by types and help texts after the receiver has refused everything', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, 404, 404, 204, 204)
    const { send, notices } = sender(stage, receiver, { metadataEvery: 0 })
    expect(await send()).toMatchObject({ samples: 0, dropped: 1 })
    expect(await send()).toMatchObject({ samples: 1, dropped: 0 })
    expect(notices).toEqual([])
    expect(receiver.requests.map((request) => request.metadata.length)).toEqual([0, 1, 0, 1])
  })
})

describe('a receiver that is unavailable', () => {
  test('gets the same bytes again after an error of its own, and after an answer that was lost', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, 500, 'none', 429)
    const { send } = sender(stage, receiver)
    expect(await send()).toMatchObject({ samples: 1 })
    const [first, ...again] = receiver.requests
    expect(again.map(({ body }) => body.equals(first!.body))).toEqual([true, true, true])
  })

  test('gets the exports that it missed, each once and in order, when it is back', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send, jobs } = sender(stage, receiver, { timeout: 0.6 })
    jobs.inc()
    await send()
    await receiver.stop()
    for (let i = 0; i < 3; i++) {
      jobs.inc()
      await expect(send()).rejects.toThrow(/ECONNREFUSED/)
    }
    await receiver.start()
    jobs.inc()
    expect(await send()).toMatchObject({ samples: 4, dropped: 0 })
    const samples = receiver.samplesOf(series)
    expect(samples.map(([, value]) => value)).toEqual([1, 2, 3, 4, 5])
    expectAscending(samples)
  })

  test('loses the oldest exports when too many wait', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    await receiver.stop()
    const { send, jobs } = sender(stage, receiver, { timeout: 0.6, queue: { exports: 2, bytes: 1e6 } })
    for (let i = 0; i < 4; i++) {
      jobs.inc()
      await expect(send()).rejects.toThrow()
    }
    await receiver.start()
    jobs.inc()
    expect(await send()).toEqual({
      samples: 2,
      dropped: 3,
      reason: 'too many exports were waiting for the receiver',
    })
    expect(receiver.samplesOf(series).map(([, value]) => value)).toEqual([4, 5])
  })

  test('loses them as well when they have too many bytes, but never the last one', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    await receiver.stop()
    const { send } = sender(stage, receiver, { timeout: 0.6, queue: { exports: 100, bytes: 1 } })
    await expect(send()).rejects.toThrow()
    await receiver.start()
    expect(await send()).toMatchObject({ samples: 1, dropped: 1 })
  })

  test('is left alone for the time that it asks for', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, { status: 429, headers: { 'Retry-After': '1' } })
    const { send } = sender(stage, receiver, { timeout: 0.3 })
    await expect(send()).rejects.toThrow(/status 429/)
    await expect(send()).rejects.toThrow(/asked to wait for 1 s more/)
    expect(receiver.requests).toHaveLength(1)
    await pause(1_000)
    expect(await send()).toMatchObject({ samples: 3 })
  })

  test('gets nothing from before a longer pause, in which another process may have sent', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    await receiver.stop()
    const { send, jobs } = sender(stage, receiver, { longestPause: 0.2, timeout: 0.6 })
    jobs.inc()
    await expect(send()).rejects.toThrow()
    await pause(250)
    await receiver.start()
    jobs.inc()
    expect(await send()).toMatchObject({ samples: 1, dropped: 1 })
    expect(receiver.samplesOf(series).map(([, value]) => value)).toEqual([2])
  })
})

describe('a request that a receiver refuses', () => {
  test('is not sent again, is counted with the reason, and delays no other one', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, { status: 400, body: 'out of order sample' })
    const { send, jobs, registry } = sender(stage, receiver, { maxSamples: 1 })
    jobs.inc()
    new Counter({ name: 'mails_total', help: 'Mails.', registers: [registry] }).inc(7)
    const result = await send()
    expect(result).toMatchObject({ samples: 1, dropped: 1 })
    expect(result.reason).toContain('answered with status 400, out of order sample')
    expect(receiver.writes.map(({ status, ...request }) => [status, Object.keys(bySeries(request))[0]])).toEqual([
      [400, series],
      [204, 'mails_total{job="shop"}'],
    ])
    expect(await send()).toMatchObject({ samples: 2, dropped: 0, reason: '' })
  })

  test('counts as written as far as a receiver of version 2.0 says', async ({ stage }) => {
    const written = (samples: number): Record<string, string> => ({
      'X-Prometheus-Remote-Write-Samples-Written': String(samples),
    })
    const receiver = await TestReceiver.start(
      stage,
      { status: 400, headers: written(1), body: 'one is too old' },
      { status: 204, headers: written(0) },
    )
    const { send, registry } = sender(stage, receiver, { version: '2.0' })
    new Counter({ name: 'mails_total', help: 'Mails.', registers: [registry] }).inc(7)
    const first = await send()
    expect([first.samples, first.dropped]).toEqual([1, 1])
    expect(first.reason).toContain('one is too old')
    const second = await send()
    expect([second.samples, second.dropped]).toEqual([0, 2])
    expect(second.reason).toContain('has written 0 of 2 samples')
  })
})

describe('a receiver that does not know version 2.0', () => {
  test.for<[string, ...(number | { status: number; body: string })[]]>([
    ['says so', 415],
    ['says so after an error', 503, 415],
    ['cannot read it', { status: 400, body: 'proto: illegal wireType' }],
    ['answers as if it had been empty', { status: 204, body: '' }],
  ])('gets 1.0, if it %s', async ([, ...answers], { stage }) => {
    const receiver = await TestReceiver.start(stage, ...answers)
    const { send, jobs, notices } = sender(stage, receiver, { version: '2.0' })
    jobs.inc(2)
    expect(await send()).toMatchObject({ samples: 1, dropped: 0 })
    expect(notices).toEqual([expect.stringContaining('does not know remote write 2.0')])
    jobs.inc()
    await send()
    const versions = receiver.requests.map(({ headers }) => headers['x-prometheus-remote-write-version'])
    expect(versions).toEqual([...answers.map(() => '2.0.0'), '0.1.0', '0.1.0'])
    const values = receiver.requests.slice(answers.length).map((request) => bySeries(request)[series])
    expect(values).toEqual([2, 3])
  })

  test('is not assumed after it has understood a request', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage, 204, 400)
    const { send } = sender(stage, receiver, { version: '2.0' })
    await send()
    expect(await send()).toMatchObject({ samples: 0, dropped: 1 })
    expect(receiver.requests).toHaveLength(2)
  })
})

describe('times', () => {
  test('ascend although the system clock was set back', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send } = sender(stage, receiver)
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now')
    stage.after(() => clock.mockRestore())
    for (const time of [now, now, now - 5_000, now + 1]) {
      clock.mockReturnValue(time)
      await send()
    }
    expect(receiver.samplesOf(series).map(([timestamp]) => timestamp - now)).toEqual([0, 1, 2, 3])
    // A clock that was hours ahead is not followed for hours.
    clock.mockReturnValue(now - 3_600_000)
    await send()
    expect(receiver.samplesOf(series).at(-1)![0]).toBe(now - 3_600_000)
  })
})

describe('at the stop', () => {
  test('every series is marked as ended, later than its last sample', async ({ stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send, jobs, close } = sender(stage, receiver)
    jobs.inc()
    await send()
    await close(true)
    const samples = receiver.samplesOf(series)
    expect(samples.map(([, value]) => value)).toEqual([1, 'stale'])
    expectAscending(samples)
    await close(true)
    expect(receiver.requests).toHaveLength(2)
  })

  test.for<[string, { workers?: number; sends?: boolean; down?: boolean }]>([
    ['another process counts', { workers: 2 }],
    ['another process sends', { sends: false }],
    ['the last numbers have not been accepted', { down: true }],
  ])('no series is marked if %s', async ([, { workers, sends = true, down = false }], { stage }) => {
    const receiver = await TestReceiver.start(stage)
    const { send, close } = sender(stage, receiver, { timeout: 0.6 }, new Credentials({}), workers)
    await send()
    if (down) receiver.answers.push(...Array.from({ length: 50 }, () => 503))
    await (down ? expect(send()).rejects.toThrow() : send())
    await close(sends)
    expect(receiver.samplesOf(series).map(([, value]) => value)).not.toContain('stale')
  })
})

test('numbers that cannot be read fail the export, and waiting ones are sent', async ({ stage }) => {
  const receiver = await TestReceiver.start(stage)
  await receiver.stop()
  const { send, registry } = sender(stage, receiver, { timeout: 0.1 })
  await expect(send()).rejects.toThrow()
  await receiver.start()
  const gather = vi.spyOn(registry, 'gather').mockRejectedValueOnce(new Error('incomplete'))
  await expect(send()).rejects.toThrow('incomplete')
  expect(receiver.writes).toHaveLength(1)
  gather.mockRestore()
  expect(await send()).toMatchObject({ samples: 2 })
})

test('numbers that cannot be written leave nothing in the next request', async ({ stage }) => {
  const receiver = await TestReceiver.start(stage)
  const { send, registry } = sender(stage, receiver)
  const gathered = await registry.gather()
  gathered.release()
  const name = 'broken'
  const broken = {
    get labels(): never {
      throw new Error('no labels')
    },
  }
  const families = [
    { name: 'whole', help: 'W.', type: 'gauge', samples: [{ name: 'whole', labels: {}, value: 1 }] },
    { name, help: 'B.', type: 'gauge', samples: [broken] },
  ] as never
  vi.spyOn(registry, 'gather').mockResolvedValueOnce({ ...gathered, families })
  await expect(send()).rejects.toThrow('no labels')
  await send()
  expect(receiver.writes.map(bySeries)).toEqual([{ [series]: 0 }])
})

function expectAscending(samples: readonly (readonly [timestamp: number, value: unknown])[]): void {
  const times = samples.map(([timestamp]) => timestamp)
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
}

interface Sending {
  readonly registry: Registry
  readonly jobs: Counter
  readonly notices: string[]
  send(): Promise<ExportedSamples>
  close(sends: boolean): Promise<void>
}

function sender(
  stage: Stage,
  { url }: TestReceiver,
  options: Partial<SenderSettings> = {},
  credentials = new Credentials({}),
  workers?: number,
): Sending {
  const registry = new Registry()
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] })
  const notices: string[] = []
  const settings: SenderSettings = {
    version: '1.0',
    commonLabels: () => ({ job: 'shop' }),
    maxSamples: 1_000,
    metadataEvery: undefined,
    queue: { exports: 10, bytes: 1e6 },
    timeout: 5,
    longestPause: 10,
    ...options,
  }
  const backOff = { first: 20, most: 100 }
  const names = { usualPath: '/api/v1/write', caOption: 'tls.caFile' }
  const poster = new HttpPoster({ url: new URL(url), timeout: 5_000, retries: retriesStatus, backOff, names })
  const context = { notice: (text: string) => void notices.push(text) }
  const receiver = new Receiver(poster, credentials, 'promhive/1.2.3')
  const remoteWrite = new RemoteWrite(poster.address, receiver, settings, context)
  stage.after(() => remoteWrite.close(false))
  const gatherer: Gatherer =
    workers === undefined ? registry : { gather: async (request) => ({ ...(await registry.gather(request)), workers }) }
  return {
    registry,
    jobs,
    notices,
    send: () => remoteWrite.send(gatherer, new AbortController().signal),
    close: (sends) => remoteWrite.close(sends),
  }
}
