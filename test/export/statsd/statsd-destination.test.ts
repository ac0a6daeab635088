import { describe, expect, test } from 'vitest'
import { LocalAmounts } from '../../../src/export/sent-amounts.js'
import { ChangeReader } from '../../../src/export/statsd/changes.js'
import { DatagramRefused, type StatsdConnection } from '../../../src/export/statsd/connection.js'
import { StatsdDestination } from '../../../src/export/statsd/statsd-destination.js'
import { seriesFormat } from '../../../src/export/statsd/statsd-format.js'
import { Counter, Gauge, Registry, Summary } from '../../../src/index.js'

/** A server that adds up what it receives, and refuses datagrams. */
class Server {
  readonly counters = new Map<string, number>()
  datagrams = 0
  onSend: (datagram: number) => void | Promise<void> = () => {}
  onSettled: () => void = () => {}

  readonly connection: StatsdConnection = {
    send: async (text) => {
      await this.onSend(++this.datagrams)
      for (const line of text.split('\n')) {
        const [, name, value, type] = /^([^:]+):([^|]+)\|([cg])$/.exec(line)!
        if (type === 'c') this.counters.set(name!, (this.counters.get(name!) ?? 0) + Number(value))
      }
    },
    settled: async () => this.onSettled(),
    close: async () => {},
  }
}

function stage(amounts = new LocalAmounts(), maxBytes = 64) {
  const registry = new Registry({ scope: 'process' })
  const jobs = new Counter({ name: 'jobs_total', help: 'X.', labelNames: ['kind'], registers: [registry] })
  const server = new Server()
  const transport = { place: 'test', maxBytes, open: async () => server.connection }
  const destination = new StatsdDestination(transport, new ChangeReader(seriesFormat('plain'), ''), amounts, 1000)
  const count = (kinds: number, times = 1): void => {
    for (let i = 0; i < kinds; i++) jobs.inc({ kind: `kind-number-${i}` }, times)
  }
  const send = (signal = new AbortController().signal) => destination.send(registry, signal)
  return { registry, jobs, server, amounts, count, send }
}

describe('what has been sent', () => {
  test('is not sent again, and nothing is sent of counters that have not grown', async () => {
    const { server, count, send } = stage()
    count(5, 3)
    expect(await send()).toEqual({ samples: 5 })
    expect(await send()).toEqual({ samples: 0 })
    count(2)
    expect(await send()).toEqual({ samples: 2 })
    expect([...server.counters.values()]).toEqual([4, 4, 3, 3, 3])
  })

  test.for([1, 3])('arrives exactly once if single datagrams are refused (%i at a time)', async (batch) => {
    const { server, count, send } = stage(
      new (class extends LocalAmounts {
        override readonly batch = batch as 1
      })(),
    )
    let total = 0
    for (let refused = 1; refused <= 5; refused++) {
      count(5, 2)
      total += 10
      const first = server.datagrams
      server.onSend = (datagram) => {
        if (datagram - first === refused) throw new DatagramRefused('full', false)
      }
      await expect(send()).rejects.toThrow('full')
    }
    server.onSend = () => {}
    await send()
    expect([...server.counters.values()].reduce((sum, value) => sum + value)).toBe(total)
  })

  test('is sent again if the server turns out not to have received the datagram before', async () => {
    const { server, count, send } = stage()
    count(4)
    let before: ReadonlyMap<string, number> = new Map()
    server.onSend = (datagram) => {
      if (datagram === 2) before = new Map(server.counters)
      if (datagram !== 3) return
      // The second one has not arrived, which the system reports with the third one.
      server.counters.clear()
      for (const [name, value] of before) server.counters.set(name, value)
      throw new DatagramRefused('no server', true)
    }
    await expect(send()).rejects.toThrow('no server')
    server.onSend = () => {}
    await send()
    expect([...server.counters.values()]).toEqual([1, 1, 1, 1])
  })

  test('is sent again if the last datagram was refused after it was sent', async () => {
    const { server, count, send } = stage()
    count(1)
    let settled = 0
    server.onSettled = () => {
      if (++settled > 1) return
      server.counters.clear()
      throw new DatagramRefused('no server', false)
    }
    await expect(send()).rejects.toThrow('no server')
    await send()
    expect([...server.counters.values()]).toEqual([1])
  })

  test('is what was given to a connection when the time was up, and the rest follows at the next export', async () => {
    const { server, count, send } = stage()
    count(3)
    const limit = new AbortController()
    server.onSend = async (datagram) => {
      if (datagram !== 2) return
      limit.abort(new Error('too late'))
      // It arrives after the export has ended.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await expect(send(limit.signal)).rejects.toThrow('too late')
    await send()
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect([...server.counters.values()].sort()).toEqual([1, 1, 1])
  })

  test('is nothing while the amounts cannot be stored', async () => {
    let fails = true
    const amounts = new (class extends LocalAmounts {
      override flush(): void | Promise<void> {
        if (fails) return Promise.reject(new Error('Redis is away'))
      }
    })()
    const { server, count, send } = stage(amounts)
    count(3)
    await expect(send()).rejects.toThrow('Redis is away')
    expect(server.datagrams).toBe(0)
    fails = false
    await send()
    expect([...server.counters.values()]).toEqual([1, 1, 1])
  })

  test('is all that was counted before the first export, for a process that cannot know what others sent', async () => {
    const { server, count, send } = stage(new LocalAmounts({ fromNow: true }))
    count(2, 100)
    expect(await send()).toEqual({ samples: 0 })
    count(3, 1)
    await send()
    expect([...server.counters.values()]).toEqual([1, 1, 1])
  })

  test('is forgotten of series that no longer exist, after some exports', async () => {
    const { jobs, amounts, count, send } = stage()
    count(3)
    await send()
    jobs.remove({ kind: 'kind-number-1' })
    for (let i = 0; i < 60; i++) await send()
    expect([...amounts.entries()].map(([series]) => series)).toEqual([
      '|',
      'jobs_total.kind.kind-number-0',
      'jobs_total.kind.kind-number-2',
    ])
    expect(await send()).toEqual({ samples: 0 })
  })
})

test('values that cannot be sent are counted, with the reason', async () => {
  const { registry, jobs, send } = stage()
  jobs.inc({ kind: 'x'.repeat(9000) })
  expect(await send()).toEqual({
    samples: 0,
    dropped: 1,
    reason: expect.stringMatching(/^the labels of jobs_total\.kind\.x+ are longer than a datagram/),
  })
  registry.clear()
  new Summary({ name: 'endless', help: 'X.', registers: [registry] }).observe(Number.POSITIVE_INFINITY)
  expect(await send()).toEqual({ samples: 1, dropped: 1, reason: expect.stringMatching(/^endless_sum is infinite/) })
})

test('a gauge without a number is no fault: the limits of a process may be infinite', async () => {
  const { registry, send } = stage()
  const gauge = new Gauge({ name: 'limit', help: 'X.', labelNames: ['of'], registers: [registry] })
  gauge.set({ of: 'memory' }, Number.POSITIVE_INFINITY)
  gauge.set({ of: 'nothing' }, Number.NaN)
  gauge.set({ of: 'files' }, 7)
  expect(await send()).toEqual({ samples: 1 })
})
