import { describe, expect } from 'vitest'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis, RedisServer } from '../helpers/redis/redis-server.js'

const timeout = 240_000
const options = JSON.stringify({ keyPrefix: 'shop', flushInterval: 0.1, deadAfter: 1 })

describe.skipIf(!hasRedis)('promhive serve --redis', () => {
  test('answers for jobs that have ended or were killed, adds up their counts, and keeps the keys', {
    timeout,
  }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const args = ['--redis', server.url, '--prefix', 'shop', '--dead-after', '1', '--expire-key-time', '2']
    const served = await promhiveServe(stage, args)
    expect((await scrape(served.url)).total('jobs_total')).toBe(0)
    for (const end of ['close', 'kill'] as const) {
      const job = await stage.start('redis-actor.mjs', { args: ['url', server.url, options] })
      await job.ask('count', 'jobs_total', { end }, 5)
      expect(await job.ask('flush')).toBe(true)
      if (end === 'close') await job.ask('close')
      await job.kill()
    }
    // Nothing of the application runs any more: the keys would expire two seconds after the last job.
    const begun = Date.now()
    const seen = await until(
      () => scrape(served.url),
      (page) => page.self('promhive_redis_writers{state="dead"}') === 0 && Date.now() - begun > 4_000,
    )
    expect(seen.labelled('jobs_total')).toEqual({ 'end="close"': 5, 'end="kill"': 5 })
    expect(await ledgersIn(server)).toEqual(['totals:'])
    expect(await served.stop()).toBe(0)
    expect(served.errors()).toBe('')
  })

  test('answers 503 until it has read Redis once, and with the last values while Redis is away', {
    timeout,
  }, async ({ stage }) => {
    const port = await freePort()
    const secret = 'redis://metrics:s3cret@127.0.0.1'
    const served = await promhiveServe(stage, [], { PROMHIVE_REDIS_URL: `${secret}:${port}` })
    const early = await ask(served.url)
    expect([early.status, early.body]).toEqual([503, expect.stringContaining('nothing was read yet')])
    const ready = async () => (await ask(served.url.replace('/metrics', '/readyz'))).status
    expect(await ready()).toBe(503)
    const server = await RedisServer.start(stage, { port, args: ['--user', 'metrics', 'on', '>s3cret', '~*', '+@all'] })
    const job = await stage.start('redis-actor.mjs', { args: ['url', `${secret}:${port}`, '{"flushInterval":0.1}'] })
    await job.ask('count', 'jobs_total', {}, 3)
    expect(await job.ask('flush')).toBe(true)
    await until(
      async () => (await ask(served.url)).status,
      (status) => status === 200,
    )
    expect((await scrape(served.url)).self('promhive_backend_up')).toBe(1)
    expect(await ready()).toBe(200)
    await server.kill()
    const away = await scrape(served.url)
    expect([away.value('jobs_total'), away.self('promhive_backend_up')]).toEqual([3, 0])
    expect(await ready()).toBe(503)
    await server.launch()
    await until(
      () => scrape(served.url),
      (page) => page.self('promhive_backend_up') === 1,
    )
    await served.stop()
    // Each fault once for each time that Redis is away, and one line when it is back.
    const lines = served.errors().trim().split('\n')
    const events = lines.map((line) => /READ_FAILED|answers again/.exec(line)?.[0])
    expect(events.filter((event, i) => event !== events[i - 1])).toEqual([
      'READ_FAILED',
      'answers again',
      'READ_FAILED',
      'answers again',
    ])
    expect(served.errors()).not.toContain('s3cret')
  })
})

describe.skipIf(!hasRedis)('the other commands with --redis', () => {
  test('promhive inspect shows each ledger, and what cannot be read', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const shop = ['--redis', server.url, '--prefix', 'shop']
    const [one, two] = await actors(stage, server)
    await two!.ask('close')
    await two!.kill()
    const { code, output } = await promhive(stage, ['inspect', ...shop, '--json'])
    expect(code).toBe(0)
    const { ledgers, unreadable } = JSON.parse(output)
    expect(unreadable).toBe(0)
    expect(ledgers).toHaveLength(2)
    expect(ledgers[0]).toMatchObject({ kind: 'totals', state: 'kept', families: { jobs_total: 1 }, processes: 0 })
    expect(ledgers[1]).toMatchObject({ kind: 'writer', state: 'live', processes: 1 })
    expect(ledgers[1].families).toMatchObject({ jobs_total: 1, level: 1, promhive_redis_flushes_total: 1 })
    expect(ledgers[1].ledger).toContain(`-${one!.pid}-0~`)
    expect(ledgers[1].lastFlush).toBeLessThan(60)
    await server.ask('HSET', '{shop}:ledgers', 'stranger', 'hello')
    const printed = await promhive(stage, ['inspect'], {
      PROMHIVE_REDIS_URL: server.url,
      PROMHIVE_REDIS_KEY_PREFIX: 'shop',
    })
    expect(printed.code).toBe(1)
    expect(printed.output).toMatch(/^redis:\S+ shop: 1 writers alive, 0 dead, 1 ledgers of earlier ones$/m)
    expect(printed.output).toMatch(/^ {2}! 1 entries cannot be read: another version/m)
    expect(printed.output).toMatch(/^ {2}jobs_total: 2 series in all ledgers together$/m)
  })

  test('promhive top shows the processes of all hosts', { timeout }, async ({ stage }) => {
    const server = await RedisServer.start(stage)
    const [one] = await actors(stage, server)
    const watching = promhive(stage, ['top', '--redis', server.url, '--prefix', 'shop', '--interval', '1.5'])
    const counting = setInterval(() => void one!.ask('count', 'jobs_total', { who: 'a0' }, 1), 20)
    const { code, output, errors } = await watching
    clearInterval(counting)
    expect([code, errors]).toEqual([0, ''])
    expect(output).toMatch(/^2 writers alive, 0 dead, \d+ series$/m)
    expect(output).toMatch(new RegExp(`^ *\\d +\\S+-${one!.pid} +\\d+ s +- +- +\\d+$`, 'm'))
    expect(output).toMatch(/^jobs_total +counter +2 +\d+ +[\d.]+\/s +-$/m)
  })

  test('a server that does not answer is named, without credentials', { timeout }, async ({ stage }) => {
    const url = `redis://metrics:s3cret@127.0.0.1:${await freePort()}`
    const { code, errors } = await promhive(stage, ['inspect', '--redis', url])
    expect([code, errors]).toEqual([1, expect.stringContaining('ECONNREFUSED')])
    expect(errors).not.toContain('s3cret')
    // Without a terminal, a program reads the exit code.
    const watched = await promhive(stage, ['top', '--redis', url, '--interval', '0.05'])
    expect([watched.code, watched.output]).toEqual([1, expect.stringContaining('ECONNREFUSED')])
    expect(watched.output).not.toContain('s3cret')
  })
})

/** Two processes of a service, with 3 series in all. */
async function actors(stage: Stage, server: RedisServer) {
  const slow = JSON.stringify({ keyPrefix: 'shop', flushInterval: 0.1 })
  const started = await Promise.all(
    [0, 1].map(() => stage.start('redis-actor.mjs', { args: ['url', server.url, slow] })),
  )
  for (const [i, actor] of started.entries()) await actor.ask('count', 'jobs_total', { who: `a${i}` }, 10)
  await started[0]!.ask('setGauge', 'level', 'livesum', 7)
  for (const actor of started) expect(await actor.ask('flush')).toBe(true)
  return started
}

/** A scrape, with promhive's own samples. */
class Page extends Exposition {
  constructor(private readonly whole: string) {
    super(whole)
  }

  self(sample: string): number | undefined {
    const line = this.whole.split('\n').find((each) => each.startsWith(`${sample} `))
    return line === undefined ? undefined : Number(line.slice(sample.length + 1))
  }
}

async function scrape(url: string): Promise<Page> {
  const { status, body } = await ask(url)
  expect(status).toBe(200)
  return new Page(body)
}

async function ledgersIn(server: RedisServer): Promise<unknown> {
  return server.ask('HKEYS', '{shop}:ledgers')
}
