import { describe, expect } from 'vitest'
import { cwd, preload } from '../../helpers/http/shop.js'
import { open, scrape, settled } from '../../helpers/http/shop-actor.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

describe('outgoing requests', { timeout: 120_000 }, () => {
  test('are counted by host and status, and by error if they fail', async ({ stage }) => {
    const { shop, base } = await open(stage)
    const { host } = new URL(base)
    await shop.ask('send', `${base}/`, 'POST', 'order')
    await shop.ask('send', `${base}/`, 'GET', undefined, 'shared')
    await shop.ask('send', `${base}/fails`)
    expect(await shop.ask('send', 'http://127.0.0.1:1/')).toBe('ECONNREFUSED')
    expect(await shop.ask('fetch', `${base}/`)).toBe(200)
    expect(await shop.ask('fetch', `${base}/slow`, 1_000)).toBe('TimeoutError')
    await shop.ask('fetch', 'http://127.0.0.1:2/')
    const seen = await settled(shop, 7, 'http_outgoing_request_duration_seconds_count')
    expect(seen.labelled('http_outgoing_request_duration_seconds_count')).toEqual({
      [`host="${host}",method="POST",status_code="200"`]: 1,
      [`host="${host}",method="GET",status_code="200"`]: 2,
      [`host="${host}",method="GET",status_code="503"`]: 1,
      [`host="${host}",method="GET"`]: 1,
      'host="127.0.0.1:1",method="GET"': 1,
      'host="127.0.0.1:2",method="GET"': 1,
    })
    expect(seen.labelled('http_outgoing_request_errors_total')).toMatchObject({
      'error_type="ECONNREFUSED",host="127.0.0.1:1",method="GET"': 1,
    })
    expect(seen.total('http_outgoing_request_errors_total')).toBe(3)
    expect(seen.value('http_outgoing_requests_in_flight')).toBe(0)
  })

  test.for([
    ['early', 'method="POST",status_code="413"', undefined],
    ['neverEnded', 'host="127.0.0.1:1",method="POST"', 'ECONNREFUSED'],
    ['half', 'method="GET",status_code="200"', 'ECONNRESET'],
    ['foreignHost', 'method="GET",status_code="200"', undefined],
    ['forwardProxy', 'host="api.example",method="GET",status_code="200"', undefined],
    ['upgrade', undefined, undefined],
    ['connect', undefined, undefined],
  ] as const)('are counted once, and are no longer in progress (%s)', async ([way, labels, error], { stage }) => {
    const shop = await stage.start('../../instrument/http/programs/outgoing.mjs', {
      cwd,
      env: { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: 'off', PROMHIVE_DEFAULT_METRICS: 'off' },
    })
    const host = await shop.ask<string>('send', way)
    const seen = await until(
      () => scrape(shop),
      (one) => one.value('http_outgoing_requests_in_flight') === 0,
    )
    const shown = labels === undefined || labels.startsWith('host') ? labels : `host="${host}",${labels}`
    expect(seen.labelled('http_outgoing_request_duration_seconds_count')).toEqual(
      shown === undefined ? {} : { [shown]: 1 },
    )
    const errors = Object.keys(seen.labelled('http_outgoing_request_errors_total')).map((one) => one.split('"')[1])
    expect(errors).toEqual(error === undefined ? [] : [error])
  })

  test('are in progress by server and method, as in OpenTelemetry', async ({ stage }) => {
    const { shop, base } = await open(stage, 'plain', { PROMHIVE_HTTP_NAMES: 'opentelemetry' })
    const slow = shop.ask('send', `${base}/slow`, 'POST')
    const labels = `http_request_method="POST",server_address="127.0.0.1",server_port="${new URL(base).port}",url_scheme="http"`
    const seen = (value: number) =>
      until(
        () => scrape(shop),
        (one) => one.labelled('http_client_active_requests')[labels] === value,
      )
    await seen(1)
    await shop.ask('closeServers')
    await slow
    await seen(0)
  })

  test('show no more hosts than they may', async ({ stage }) => {
    const { shop } = await open(stage, 'plain', { PROMHIVE_HTTP: 'off' })
    await shop.ask('instrument', { maxHosts: 2 })
    for (const port of [1, 2, 3, 4, 1]) await shop.ask('send', `http://127.0.0.1:${port}/`)
    const seen = await settled(shop, 5, 'http_outgoing_request_duration_seconds_count')
    expect(seen.labelled('http_outgoing_request_duration_seconds_count')).toEqual({
      'host="127.0.0.1:1",method="GET"': 2,
      'host="127.0.0.1:2",method="GET"': 1,
      'host="_overflow",method="GET"': 2,
    })
  })
})
