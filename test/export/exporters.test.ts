import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Destination, Exporter } from '../../src/export/contract.js'
import { ScrapeServer } from '../../src/export/http/scrape-server.js'
import { SharedPort } from '../../src/export/http/shared-port.js'
import { IntervalExporter } from '../../src/export/interval-exporter.js'
import { RedisForwarding } from '../../src/export/redis/forwarder.js'
import { settingsOf } from '../../src/export/redis/forwarder-options.js'
import { readStatistics } from '../../src/export/statistics/statistics-reader.js'
import { StatisticsServer } from '../../src/export/statistics/statistics-server.js'
import { Registry } from '../../src/index.js'
import { alwaysHeld } from '../../src/model/lease.js'
import { statisticsAddress } from '../../src/model/statistics-address.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

interface Started {
  readonly exporter: Exporter
  /** Whether the exporter answers or sends, seen from outside. */
  works(): Promise<boolean>
}

const exporters: Readonly<Record<string, (stage: Stage) => Promise<Started>>> = {
  async 'the scrape server'() {
    const port = await freePort()
    return { exporter: new ScrapeServer({ port, registry: new Registry() }), works: () => answers(port) }
  },
  async 'the shared port'() {
    const port = await freePort()
    const onError = (error: Error): void => expect.fail(error.message)
    return {
      exporter: new SharedPort({ port, registry: new Registry(), alone: false, onError }),
      works: () => answers(port),
    }
  },
  'statistics over TCP': async () => statisticsAt(`127.0.0.1:${await freePort()}`),
  'statistics over HTTP': async () => statisticsAt(`http://127.0.0.1:${await freePort()}`),
  'statistics over a unix socket': (stage) => statisticsAt(join(stage.folder(), 'stats')),
  async 'an exporter at an interval'() {
    let sent = 0
    const destination: Destination = {
      place: 'nowhere',
      async send() {
        sent++
        return { samples: 1 }
      },
    }
    const onError = (error: Error): void => expect.fail(error.message)
    const exporter = new IntervalExporter(
      destination,
      { exporter: 'test', interval: 0.01, timeout: 1 },
      { gatherer: new Registry(), lease: alwaysHeld, onError, onRecovered() {}, exported() {} },
    )
    // It sends soon after its start, and stops after a last export: nothing comes after that.
    const works = async (): Promise<boolean> => {
      const before = sent
      if (!exporter.running) return sent > before
      await until(
        () => sent,
        (count) => count > before + 1,
      )
      return true
    }
    return { exporter, works }
  },
  ...(hasRedis && {
    async 'the Redis forwarder'(stage: Stage) {
      const { port, client } = await startRedis(stage)
      const settings = settingsOf({ enabled: true, port, interval: 1_000 }, {}, () => {})
      const onError = (error: Error): void => expect.fail(error.message)
      const exporter = new RedisForwarding(settings, { registry: new Registry(), onError, forwarded() {} })
      const latest = 'promhive:metrics:latest'
      // It forwards soon after its start, and stops after a last forward: nothing comes after that.
      const works = async (): Promise<boolean> => {
        if (!exporter.running) return (await client.get(latest)) !== null
        await until(
          () => client.get(latest),
          (text) => text !== null,
        )
        return true
      }
      const forwarder: Exporter = {
        start: () => exporter.start(),
        async stop() {
          await exporter.stop()
          await client.del(latest)
        },
      }
      return { exporter: forwarder, works }
    },
  }),
}

describe.each(Object.entries(exporters))('%s', (_, make) => {
  test('starts once and stops once, however often it is called', async ({ stage }) => {
    const { exporter, works } = await started(stage, make)
    expect(await works()).toBe(false)
    await exporter.stop()
    await Promise.all([exporter.start(), exporter.start()])
    await exporter.start()
    expect(await works()).toBe(true)
    await Promise.all([exporter.stop(), exporter.stop()])
    expect(await works()).toBe(false)
    await exporter.stop()
  })

  test('starts again after it was stopped, and carries out calls in their order', async ({ stage }) => {
    const { exporter, works } = await started(stage, make)
    await Promise.all([exporter.start(), exporter.stop(), exporter.start()])
    expect(await works()).toBe(true)
    await Promise.all([exporter.stop(), exporter.start(), exporter.stop()])
    expect(await works()).toBe(false)
  })
})

test.for<[string, (address: string, port: number) => Exporter]>([
  ['the scrape server', (_, port) => new ScrapeServer({ port, registry: new Registry(), attempts: 1 })],
  ['statistics', (address) => statisticsServer(address)],
])('%s that cannot start rejects, and starts later', async ([, make], { stage }) => {
  const port = await freePort()
  const first = statisticsServer(`http://127.0.0.1:${port}`)
  stage.after(() => first.stop())
  await first.start()
  const exporter = make(`127.0.0.1:${port}`, port)
  stage.after(() => exporter.stop())
  await expect(exporter.start()).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await expect(exporter.start()).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  await first.stop()
  await exporter.start()
})

async function started(stage: Stage, make: (stage: Stage) => Promise<Started>): Promise<Started> {
  const made = await make(stage)
  stage.after(() => made.exporter.stop())
  return made
}

function statisticsServer(text: string): StatisticsServer {
  const statistics = async (): Promise<object> => ({ workers: [] })
  return new StatisticsServer({ address: statisticsAddress(text)!, statistics, onError: () => {} })
}

async function statisticsAt(text: string): Promise<Started> {
  const works = (): Promise<boolean> => succeeds(readStatistics(statisticsAddress(text)!, 30_000))
  return { exporter: statisticsServer(text), works }
}

function answers(port: number): Promise<boolean> {
  return succeeds(ask(`http://127.0.0.1:${port}/metrics`))
}

function succeeds(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  )
}
