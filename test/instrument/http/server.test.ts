import { describe, expect } from 'vitest'
import { open, scrape, settled } from '../../helpers/http/shop-actor.js'
import type { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

describe('a server of HTTP 1', { timeout: 120_000 }, () => {
  test('shows sizes of bodies, with and without Content-Length', async ({ stage }) => {
    const { shop, base } = await open(stage)
    await shop.ask('send', `${base}/`, 'POST', 'x'.repeat(300))
    await shop.ask('send', `${base}/`, 'HEAD')
    await shop.ask('send', `${base}/chunked`)
    const seen = await settled(shop, 3)
    const labels = (method: string) => `{method="${method}",route="_unmatched"}`
    expect(seen.value(`http_request_size_bytes_sum${labels('POST')}`)).toBe(300)
    expect(seen.value(`http_response_size_bytes_sum${labels('POST')}`)).toBe(5)
    expect(seen.value(`http_response_size_bytes_sum${labels('HEAD')}`)).toBe(0)
    // A body of 1000 in two chunks, each in a few bytes of wrapping.
    const chunked = seen.value(`http_response_size_bytes_sum${labels('GET')}`)
    expect(chunked).toBeGreaterThanOrEqual(1000)
    expect(chunked).toBeLessThan(1030)
  })

  test.for([
    ['http', 'plain'],
    ['https', 'https'],
  ])(
    'reckons sizes from one response of a connection to the next, over %s',
    async ([scheme, application], { stage }) => {
      const { shop, base } = await open(stage, application, { PROMHIVE_HTTP_IGNORE: '/healthz' })
      const requests = ['GET /', 'HEAD /', 'GET /healthz', 'GET /chunked', 'GET /', 'GET /healthz', 'GET /chunked']
      const text = requests.map((line) => `${line} HTTP/1.1\r\nHost: x\r\n\r\n`).join('')
      const whole = { answers: 7, last: '0\r\n\r\n' }
      await shop.ask('raw', Number(new URL(base).port), text, whole, scheme === 'https')
      const seen = await settled(shop, 5)
      const labels = '{method="GET",route="_unmatched"}'
      expect(seen.value(`http_response_size_bytes_count${labels}`)).toBe(4)
      const size = seen.value(`http_response_size_bytes_sum${labels}`)
      expect(size).toBeGreaterThanOrEqual(2010)
      expect(size).toBeLessThan(2070)
    },
  )

  test('shows requests in progress, and those that the client aborted', async ({ stage }) => {
    const { shop, base } = await open(stage)
    const port = Number(new URL(base).port)
    const slow = shop.ask('raw', port, 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(
      () => scrape(shop),
      (seen) => seen.value('http_requests_in_flight') === 1,
    )
    await shop.ask('cutOff')
    await slow
    await shop.ask('raw', port, 'GET /half HTTP/1.1\r\nHost: x\r\n\r\n', { answers: 1, last: 'half\r\n' })
    const seen = await settled(shop, 2)
    expect(seen.value('http_requests_in_flight')).toBe(0)
    expect(seen.labelled('http_requests_aborted_total')).toEqual({ 'method="GET",route="_unmatched"': 2 })
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="_unmatched",status_code="499"': 1,
      'method="GET",route="_unmatched",status_code="200"': 1,
    })
  })

  test('counts each of many requests that one connection sends at once', async ({ stage }) => {
    const { shop, base } = await open(stage)
    const port = Number(new URL(base).port)
    const requests = Array.from({ length: 10 }, (_, i) => `GET /${i === 9 ? 'fails' : i} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await shop.ask('raw', port, requests.join(''), { answers: 10, last: 'hello' })
    const seen = await settled(shop, 10)
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="_unmatched",status_code="200"': 9,
      'method="GET",route="_unmatched",status_code="503"': 1,
    })
    expect(seen.value('http_requests_in_flight')).toBe(0)
    expect(seen.labelled('http_request_errors_total')).toEqual({
      'error_type="503",method="GET",route="_unmatched"': 1,
    })
  })

  test('makes no series of what strangers send', async ({ stage }) => {
    const { shop, base } = await open(stage, 'express')
    for (const method of ['GET', 'PROPFIND', 'MKCOL', 'PURGE', 'REPORT']) {
      for (let i = 0; i < 10; i++) await shop.ask('send', `${base}/${method}/${i}?q=${i}`, method)
    }
    const seen = await settled(shop, 50)
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="_unmatched",status_code="404"': 10,
      'method="_OTHER",route="_unmatched",status_code="404"': 40,
    })
  })

  test('knows Express’ routes by expression and below routers in routers', async ({ stage }) => {
    const { shop, base } = await open(stage, 'express')
    await shop.ask('send', `${base}/files/a/b`)
    await shop.ask('send', `${base}/tenants/acme/shops/7/items/3`)
    await shop.ask('send', `${base}/tenants/acme%20inc/shops/shops`)
    const seen = await settled(shop, 3)
    expect(Object.keys(seen.labelled('http_requests_total'))).toEqual([
      'method="GET",route="/^\\\\/files\\\\/(.+)$/",status_code="200"',
      'method="GET",route="/tenants/:tenant/shops/:shop",status_code="200"',
      'method="GET",route="/tenants/:tenant/shops/:shop/items/:item",status_code="200"',
    ])
  })

  test.for(['express', 'express4'])(
    'shows routes mounted in %s as the application wrote them, and no part of a request',
    async (express, { stage }) => {
      const { shop, base } = await open(stage, express)
      const asked = {
        '/mounted/acme/orders/7': '/mounted/:tenant/orders/:order',
        '/called/acme/items/7': '/called/:tenant/items/:item',
        '/expression/acme/items/7': '/^\\\\/expression\\\\/\\\\w+//items/:item',
        '/hooks/acme/deeper': '/hooks/:hook',
        '/guarded/acme/secret': '/guarded/:tenant',
        '/fr/hello': '/:language/hello',
        '/ITEMS/items/items/7': '/Items/:shelf/items/:item',
        '/failing/acme/inner/7/now': '/failing/:tenant/inner/:part/now',
        '/failing/acme/inner/7/later?soon': '/failing/:tenant/inner/:part/later',
        '/failing/acme/inner/7/passed': '/failing/:tenant/inner/:part/passed',
        '/failing-as-well/now': '/failing-as-well/now',
      }
      for (const path of Object.keys(asked)) await shop.ask('send', base + path)
      await shop.ask('send', `${base}/failing/acme/inner/7/now`, 'OPTIONS')
      const seen = await settled(shop, Object.keys(asked).length + 1)
      const routes = Object.keys(seen.labelled('http_requests_total')).map(
        (labels) => /route="([^"]*)"/.exec(labels)?.[1],
      )
      expect(routes.sort()).toEqual([...Object.values(asked), '/failing/:tenant/inner/:part'].sort())
    },
  )

  test('omits ignored requests, and asks the application for routes', async ({ stage }) => {
    const { shop, base } = await open(stage)
    await shop.ask('instrumentWithFunctions')
    for (const path of ['/healthz', '/pages/1', '/pages/2', '/throws']) await shop.ask('send', base + path)
    const seen = await settled(shop, 3)
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="/pages/:page",status_code="200"': 2,
      'method="GET",route="_unmatched",status_code="200"': 1,
    })
    const faults = await shop.ask<readonly { code: string; message: string }[]>('faults')
    expect(faults).toMatchObject([{ code: 'INSTRUMENT_FAILED', message: /no route today/ }])
  })

  test('omits paths that the environment names', async ({ stage }) => {
    const { shop, base } = await open(stage, 'plain', { PROMHIVE_HTTP_IGNORE: '/healthz, /readyz' })
    for (const path of ['/healthz', '/readyz?full', '/']) await shop.ask('send', base + path)
    expect((await settled(shop, 1)).total('http_requests_total')).toBe(1)
  })

  test('is measured over TLS as without', async ({ stage }) => {
    const { shop, base } = await open(stage, 'https', { PROMHIVE_HTTP_NAMES: 'opentelemetry' })
    await shop.ask('send', `${base}/`)
    const seen = await settled(shop, 1, 'http_server_request_duration_seconds_count')
    expect(Object.keys(seen.labelled('http_server_request_duration_seconds_count'))).toEqual([
      'http_request_method="GET",http_response_status_code="200",network_protocol_version="1.1",url_scheme="https"',
    ])
  })
})

describe('a server of HTTP/2', { timeout: 120_000 }, () => {
  test.for(['http2', 'http2secure', 'streams'])('is measured (%s)', async (server, { stage }) => {
    const { shop, base } = await open(stage, server)
    await shop.ask('streams', base, ['/a', '/b', '/c'])
    const seen = await settled(shop, 3)
    expect(seen.labelled('http_requests_total')).toEqual({ 'method="GET",route="_unmatched",status_code="200"': 3 })
    expect(seen.value('http_requests_in_flight')).toBe(0)
    if (server !== 'streams') expect(seen.total('http_response_size_bytes_sum')).toBe(15)
  })

  test('shows aborted streams, and failed ones', async ({ stage }) => {
    const { shop, base } = await open(stage, 'streams')
    await shop.ask('streams', base, ['/slow'], { giveUp: true })
    await shop.ask('streams', base, ['/fails'])
    await shop.ask('streams', base, ['/a'], { method: 'BREW' })
    const seen = await settled(shop, 3)
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="_unmatched",status_code="499"': 1,
      'method="GET",route="_unmatched",status_code="500"': 1,
      'method="_OTHER",route="_unmatched",status_code="200"': 1,
    })
    expect(seen.total('http_requests_aborted_total')).toBe(1)
    expect(seen.total('http_request_errors_total')).toBe(1)
  })

  test('counts a request of HTTP 1 to it once', async ({ stage }) => {
    const { shop, base } = await open(stage, 'http2secure')
    await shop.ask('send', `${base}/`)
    const seen = await settled(shop, 1)
    expect(seen.total('http_requests_total')).toBe(1)
  })
})

describe('the names', { timeout: 120_000 }, () => {
  const shown = (seen: Exposition) =>
    [...seen.samples.keys()].filter((sample) => !/_bucket\{|_sum|http_client/.test(sample)).sort()

  test.for([
    [
      'flask',
      'request_count',
      [
        'request_count{endpoint="/fails",http_status="500",method="GET"}',
        'request_count{endpoint="/users/:id",http_status="200",method="GET"}',
        'request_latency_seconds_count{endpoint="/fails"}',
        'request_latency_seconds_count{endpoint="/users/:id"}',
      ],
    ],
    [
      'gunicorn',
      'gunicorn_worker_requests_total',
      [
        'gunicorn_worker_error_handling_total{endpoint="/fails",error_type="RangeError",method="GET",worker_id="7"}',
        'gunicorn_worker_failed_requests_total{endpoint="/fails",method="GET",worker_id="7"}',
        'gunicorn_worker_request_duration_seconds_count{worker_id="7"}',
        'gunicorn_worker_requests_total{worker_id="7"}',
      ],
    ],
    [
      'opentelemetry',
      'http_server_request_duration_seconds_count',
      [
        'http_server_active_requests{http_request_method="GET",url_scheme="http"}',
        ...['request_body_size_bytes', 'request_duration_seconds', 'response_body_size_bytes'].flatMap((name) => [
          `http_server_${name}_count{error_type="RangeError",http_request_method="GET",http_response_status_code="500",http_route="/fails",network_protocol_version="1.1",url_scheme="http"}`,
          `http_server_${name}_count{http_request_method="GET",http_response_status_code="200",http_route="/users/:id",network_protocol_version="1.1",url_scheme="http"}`,
        ]),
      ],
    ],
  ] as const)('may be those of %s', async ([names, counted, expected], { stage }) => {
    const { shop, base } = await open(stage, 'express', { PROMHIVE_HTTP_NAMES: names, PROMHIVE_WORKER_ID: '7' })
    for (const path of ['/users/1', '/users/2', '/fails']) await shop.ask('send', base + path)
    expect(shown(await settled(shop, 3, counted))).toEqual(expected)
  })

  test('may be those of all conventions at once', async ({ stage }) => {
    const { shop, base } = await open(stage, 'plain', {
      PROMHIVE_HTTP_NAMES: 'prometheus,opentelemetry,gunicorn,flask',
    })
    await shop.ask('send', base)
    const seen = await settled(shop, 1)
    for (const name of ['request_count', 'gunicorn_worker_requests_total', 'http_requests_total']) {
      expect(seen.total(name), name).toBe(1)
    }
    expect(seen.total('http_server_request_duration_seconds_count')).toBe(1)
    expect(seen.total('http_client_request_duration_seconds_count')).toBe(1)
    expect(seen.total('http_outgoing_request_duration_seconds_count')).toBe(1)
    expect(await shop.ask('faults')).toEqual([])
  })
})
