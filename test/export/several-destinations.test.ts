import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { udpSums } from '../helpers/statsd/udp-sums.js'

/*
 * The lease of an exporter is that of a destination. Otherwise the second exporter of a process waits forever for the
 * first one, and nothing says so.
 */

const program = fileURLToPath(new URL('programs/several.mjs', import.meta.url))

interface Start {
  readonly options: object
  /** The registry; the default one without a name. */
  readonly registry?: string
}

interface Destinations {
  readonly kind: string
  /** Returns what starts exporters of different destinations. */
  starts(stage: Stage): Promise<readonly Start[]>
}

const destinations: readonly Destinations[] = [
  {
    kind: 'textFile',
    async starts(stage) {
      const folder = stage.folder()
      const paths = ['a.prom', 'b.prom', 'c.prom'].map((name) => join(folder, name))
      return paths.map((path, i) => ({ options: { path }, ...(i === 2 && { registry: 'other' }) }))
    },
  },
  {
    kind: 'statsd',
    async starts(stage) {
      const [one, other] = [await udpSums(stage), await udpSums(stage)]
      return [
        { options: { address: one.address } },
        { options: { address: other.address } },
        { options: { address: one.address, prefix: 'shop.' } },
        { options: { address: one.address, format: 'dogstatsd' } },
        { options: { address: one.address, prefix: 'other.' }, registry: 'other' },
      ]
    },
  },
  {
    kind: 'otlp',
    async starts(stage) {
      const endpoint = await http(stage)
      return [
        { options: { endpoint } },
        { options: { endpoint: `${endpoint}/other` } },
        { options: { endpoint, headers: { 'x-scope-orgid': 'b' } } },
        { options: { endpoint, serviceName: 'other' }, registry: 'other' },
      ]
    },
  },
  {
    kind: 'remoteWrite',
    async starts(stage) {
      const url = await http(stage)
      return [
        { options: { url, job: 'shop' } },
        { options: { url: `${url}/other`, job: 'shop' } },
        { options: { url, job: 'shop', headers: { 'X-Scope-OrgID': 'b' } } },
        { options: { url, job: 'shop', username: 'b', password: 'p' } },
        { options: { url, job: 'other' }, registry: 'other' },
      ]
    },
  },
]

describe.each(sharedBackends)('($backend)', ({ env }) => {
  test.for(destinations)(
    'every destination of $kind gets the numbers, each from one process',
    async (one, { stage }) => {
      const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
      const starts = await one.starts(stage)
      const begin = async (actor: Actor): Promise<void> => {
        for (const { options, registry } of starts) await actor.ask('start', one.kind, options, registry)
      }
      const sender = await stage.start(program, options)
      await begin(sender)
      const all = starts.map(() => 'ok')
      await until(
        () => sender.ask('send') as Promise<string[]>,
        (results) => !results.includes('standby'),
      )
      expect(await sender.ask('send')).toEqual(all)
      const other = await stage.start(program, options)
      await begin(other)
      expect(await other.ask('send')).toEqual(starts.map(() => 'standby'))
      // The same destination again, in the same process, would get every count twice.
      await sender.ask('start', one.kind, starts[0]!.options)
      expect(await sender.ask('send')).toEqual([...all, 'standby'])
    },
  )
})

test('two exporters to one server of statsd, with different names, keep the amounts of each other', async ({
  stage,
}) => {
  const server = await udpSums(stage)
  const { address } = server
  const actor = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
  await actor.ask('count', 'jobs_total', {}, 3)
  await actor.ask('start', 'statsd', { address, prefix: 'a.' })
  await actor.ask('start', 'statsd', { address, prefix: 'b.' })
  // An exporter forgets series that no longer exist after sixty exports.
  for (let i = 0; i < 70; i++) expect(await actor.ask('send')).toEqual(['ok', 'ok'])
  await actor.ask('count', 'jobs_total', {}, 1)
  await actor.ask('send')
  await until(
    () => server.sum('a.jobs_total'),
    (sum) => sum >= 4,
  )
  await until(
    () => server.sum('b.jobs_total'),
    (sum) => sum >= 4,
  )
  expect([server.sum('a.jobs_total'), server.sum('b.jobs_total')]).toEqual([4, 4])
})

async function http(stage: Stage): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stage.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
