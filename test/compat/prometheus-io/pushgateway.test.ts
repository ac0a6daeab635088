import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Counter, Pushgateway, Registry, register } from '../../../src/prometheus-io.js'

/** Requests as a gateway gets them. */
const requests: string[] = []
const gateway = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  requests.push(`${request.method} ${request.url} ${body}`)
  response.end()
})
let url: string

beforeAll(async () => {
  gateway.listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
})
afterAll(() => gateway.close())
beforeEach(() => {
  requests.length = 0
})

const text = (name: string) => `# HELP ${name} Jobs.\n# TYPE ${name} counter\n${name} 2\n`

test('a registry is taken as the second argument, and as the third', async () => {
  const registry = new Registry()
  new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc(2)
  await new Pushgateway(url, registry).push({ jobName: 'nightly' })
  await new Pushgateway(url, {}, registry).pushAdd({ jobName: 'nightly' })
  await new Pushgateway(url, null, registry).delete({ jobName: 'nightly' })
  const path = '/metrics/job/nightly'
  expect(requests).toEqual([
    `PUT ${path} ${text('jobs_total')}`,
    `POST ${path} ${text('jobs_total')}`,
    `DELETE ${path} `,
  ])
})

test('the default registry is pushed without one, with options and without', async () => {
  new Counter({ name: 'all_total', help: 'Jobs.' }).inc(2)
  await new Pushgateway(url).push({ jobName: 'nightly' })
  await new Pushgateway(url, { requireJobName: false }).push()
  register.clear()
  expect(requests).toEqual([`PUT /metrics/job/nightly ${text('all_total')}`, `PUT /metrics ${text('all_total')}`])
})

test('a job must be named, unless the options say otherwise', () => {
  expect(() => new Pushgateway(url, new Registry()).push()).toThrow('Missing jobName parameter')
})
