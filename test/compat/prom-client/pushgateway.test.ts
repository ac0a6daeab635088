import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import * as promClient from 'prom-client'
import { describe, expect } from 'vitest'
import * as entry from '../../../src/prom-client.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

// biome-ignore lint/suspicious/noExplicitAny: both clients are called with anything
type Any = any

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** A gateway that keeps the requests, and answers with what `answers` says: a status and a text. */
async function gateway(stage: Stage, answers: { status: number; text: string; late?: number }) {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { method, url, headers } = request
    const text = headers['content-encoding'] === 'gzip' && body.length > 0 ? gunzipSync(body) : body
    received.push({ method, url, headers, body: text.toString() })
    setTimeout(() => response.writeHead(answers.status).end(answers.text), answers.late ?? 0)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  stage.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** What both clients sent, and what their promises came to. */
async function both(
  stage: Stage,
  answers: { status: number; text: string; late?: number },
  use: (client: Any, url: string, registry: Any) => Promise<unknown>,
) {
  const outcomes: unknown[] = []
  for (const client of [promClient, entry] as Any[]) {
    const { received, url } = await gateway(stage, answers)
    const registry = new client.Registry()
    new client.Counter({ name: 'jobs', help: 'Jobs.', labelNames: ['b', 'a'], registers: [registry] }).inc({
      b: 1,
      a: 2,
    })
    const outcome = await use(client, url, registry).then(
      ({ resp, body }: Any) => ({ status: resp.statusCode, body }),
      (error: Error) => `${error.constructor.name}: ${error.message}`,
    )
    const sent = received.map(({ method, url, body, headers: { authorization, 'x-own': own } }) => {
      return { method, url, body, authorization, own }
    })
    outcomes.push({ outcome, sent })
  }
  return outcomes as [Any, Any]
}

const sameUrl = (url: string): string => url

const fine = { status: 202, text: 'thanks' }

describe('a Pushgateway of the entry sends what the client sends', () => {
  test.for<[string, object, ((url: string) => string)?, object?]>([
    ['pushAdd', { jobName: 'nightly' }],
    ['push', { jobName: 'a b&c', groupings: { shop: 'ber&lin', n: 7 } }],
    ['delete', { jobName: 'nightly', groupings: { shop: 'berlin' } }],
    ['push', { jobName: 'nightly' }, (url) => `${url}/some/path`],
    ['push', { jobName: 'nightly' }, (url) => url.replace('//', '//user:pass%20word@')],
    ['pushAdd', {}, sameUrl, { requireJobName: false }],
    ['pushAdd', { groupings: { a: 'b' } }, sameUrl, { requireJobName: false }],
    ['pushAdd', { jobName: 'nightly' }, sameUrl, { headers: { 'X-Own': '1', 'Content-Encoding': 'gzip' } }],
    ['delete', { jobName: 'nightly' }, sameUrl, { headers: { 'Content-Encoding': 'gzip' } }],
  ])('%s(%j)', async (request, { stage }) => {
    const [verb, key, address = sameUrl, options] = request
    const [theirs, ours] = await both(stage, fine, (client, url, registry) =>
      new client.Pushgateway(address(url), options, registry)[verb](key),
    )
    expect(theirs.sent).toHaveLength(1)
    expect(ours).toEqual(theirs)
  })

  test('the default registry, when no other is passed', async ({ stage }) => {
    const [theirs, ours] = await both(stage, fine, async (client, url) => {
      new client.Gauge({ name: 'pushed', help: 'P.' }).set(5)
      const answer = await new client.Pushgateway(url).push({ jobName: 'nightly' })
      client.register.removeSingleMetric('pushed')
      return answer
    })
    expect(theirs.sent[0].body).toContain('pushed 5')
    expect(ours).toEqual(theirs)
  })
})

describe('a push that fails rejects as that of the client', () => {
  test.for([300, 400, 503])('with status %d', async (status, { stage }) => {
    const [theirs, ours] = await both(stage, { status, text: 'sorry' }, (client, url, registry) =>
      new client.Pushgateway(url, {}, registry).pushAdd({ jobName: 'nightly' }),
    )
    expect(ours).toEqual(theirs)
  })

  test('after the timeout', async ({ stage }) => {
    const [theirs, ours] = await both(stage, { ...fine, late: 5_000 }, (client, url, registry) =>
      new client.Pushgateway(url, { timeout: 50 }, registry).push({ jobName: 'nightly' }),
    )
    expect(theirs.outcome).toBe('Error: Pushgateway request timed out')
    expect(ours).toEqual(theirs)
  })

  test('without a job, at once', () => {
    for (const { Pushgateway } of [promClient, entry] as Any[]) {
      const gateway = new Pushgateway('http://127.0.0.1:1')
      for (const verb of ['push', 'pushAdd', 'delete']) {
        expect(() => gateway[verb]({ groupings: { a: 'b' } })).toThrow(new Error('Missing jobName parameter'))
      }
    }
  })

  test('when nothing listens', async () => {
    const refused = new entry.Pushgateway('http://127.0.0.1:1').push({ jobName: 'nightly' })
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

test('labels of a group that would not survive in a path are sent as base64', async ({ stage }) => {
  const { received, url } = await gateway(stage, fine)
  const groupings = { empty: '', dots: '..', path: 'a/b' }
  await new entry.Pushgateway(url).push({ jobName: 'a/b', groupings })
  expect(received[0]!.url).toBe('/metrics/job@base64/YS9i/empty@base64/=/dots@base64/Li4/path@base64/YS9i')
})

test('deleting leaves the headers as they were', async ({ stage }) => {
  const { received, url } = await gateway(stage, fine)
  const gateway_ = new entry.Pushgateway(url, { headers: { 'Content-Encoding': 'gzip' } })
  await gateway_.delete({ jobName: 'nightly' })
  await gateway_.push({ jobName: 'nightly' })
  expect(received.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip'])
})
