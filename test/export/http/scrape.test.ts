import { describe, expect, test } from 'vitest'
import { scrape } from '../../../src/export/http/scrape.js'
import { Counter, openMetricsContentType, prometheusContentType, Registry } from '../../../src/index.js'

describe('a scrape', () => {
  test.each([
    ['application/openmetrics-text;version=1.0.0,text/plain;q=0.5', openMetricsContentType],
    ['text/plain', prometheusContentType],
    [undefined, prometheusContentType],
  ])('that accepts %s is answered with %s', async (accept, type) => {
    const registry = new Registry()
    new Counter({ name: 'jobs_total', help: 'größe', registers: [registry] }).inc()
    const { status, headers, body } = await scrape(registry, { accept })
    const bytes = Buffer.concat(body)
    expect(status).toBe(200)
    expect(headers).toEqual({ 'Content-Type': type, 'Content-Length': String(bytes.length), Vary: 'Accept' })
    expect(bytes.toString()).toMatch(/^jobs_total 1$/m)
  })

  test('of what cannot be gathered is answered with 500 and the reason', async () => {
    const expose = () => Promise.reject(new Error('disk gone'))
    const { status, headers, body } = await scrape({ expose })
    expect(status).toBe(500)
    expect(headers['Content-Type']).toBe('text/plain; charset=utf-8')
    expect(Buffer.concat(body).toString()).toBe('the metrics could not be gathered: disk gone\n')
  })
})
