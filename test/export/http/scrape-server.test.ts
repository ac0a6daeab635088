import { afterEach, describe, expect, test } from 'vitest'
import { type MetricsServer, openMetricsServer } from '../../../src/export/http/scrape-server.js'
import {
  Counter,
  type MetricsError,
  openMetricsContentType,
  prometheusContentType,
  Registry,
} from '../../../src/index.js'

const open: MetricsServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function urlOf(registry: Registry): Promise<string> {
  const server = await openMetricsServer({ registry, port: 0 })
  open.push(server)
  return server.url
}

describe('the metrics server', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'

  test.each([
    ['Prometheus', prometheus, openMetricsContentType, /^jobs_total 1\njobs_created [\d.]+\n# EOF\n$/m],
    ['curl', '*/*', prometheusContentType, /^jobs_total 1\n$/m],
  ])('answers %s in the format that it asks for', async (_, accept, type, text) => {
    const registry = new Registry()
    new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
    const url = await urlOf(registry)
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(url, { method, headers: { accept } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe(type)
      expect(answer.headers.get('vary')).toBe('Accept')
      if (method === 'GET') expect(await answer.text()).toMatch(text)
    }
  })

  test('answers both at the same time, each in its own', async () => {
    const registry = new Registry()
    new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
    const url = await urlOf(registry)
    const accepts = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? prometheus : 'text/plain'))
    const answers = await Promise.all(accepts.map((accept) => fetch(url, { headers: { accept } })))
    expect(answers.map((answer) => answer.headers.get('content-type'))).toEqual(
      accepts.map((accept) => (accept === prometheus ? openMetricsContentType : prometheusContentType)),
    )
    const texts = await Promise.all(answers.map((answer) => answer.text()))
    expect(texts.map((text) => text.endsWith('# EOF\n'))).toEqual(accepts.map((accept) => accept === prometheus))
  })

  test('outlives faults of its open port, and reports them', async () => {
    const registry = new Registry()
    const faults: MetricsError[] = []
    const server = await openMetricsServer(
      { registry, port: 0 },
      { events: { onError: (fault) => faults.push(fault) } },
    )
    open.push(server)
    // What Node emits when the system has no descriptor left for a connection.
    for (let i = 0; i < 3; i++) server.server.emit('error', new Error('accept EMFILE'))
    expect(faults).toMatchObject([{ code: 'SERVER_FAILED', message: expect.stringContaining('accept EMFILE') }])
    expect((await fetch(server.url)).status).toBe(200)
  })
})
