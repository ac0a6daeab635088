import { describe, expect } from 'vitest'
import { cwd, preload } from '../../helpers/http/shop.js'
import { scrape } from '../../helpers/http/shop-actor.js'
import type { Actor } from '../../helpers/processes/actor.js'
import type { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../instrument/http/programs/interrupted.mjs'

const frameworks = ['express', 'express4', 'fastify', 'koa', 'hono', 'nestjs', 'plain', 'routed'] as const
const overHttp2 = ['fastifyHttp2', 'koaHttp2', 'honoHttp2', 'plainHttp2'] as const
const all = [...frameworks, ...overHttp2] as const

const routeOf = (name: string): string => `/${name}/tenants/:tenant/items/:item`

/** The counts when this number of requests has ended. */
function settled(shop: Actor, requests: number): Promise<Exposition> {
  return until(
    () => scrape(shop),
    (seen) => seen.total('http_requests_total') >= requests && seen.value('http_requests_in_flight') === 0,
  )
}

/** Of a family, by route and one more label: `"/koa/…" 499` → how many. */
function byRoute(seen: Exposition, family: string, label?: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [labels, value] of Object.entries(seen.labelled(family))) {
    const route = /\b(?:(?:http_)?route|endpoint)="([^"]*)"/.exec(labels)?.[1]
    const more = new RegExp(`\\b${label}="([^"]*)"`).exec(labels)?.[1]
    const key = label === undefined ? route! : `${route} ${more}`
    found[key] = (found[key] ?? 0) + value
  }
  return found
}

function expected(names: readonly string[], word: string, value: number): Record<string, number> {
  return Object.fromEntries(names.map((name) => [word === '' ? routeOf(name) : `${routeOf(name)} ${word}`, value]))
}

describe.each([
  ['with the middleware of each framework', {}],
  [
    'with --import promhive/register',
    {
      NODE_OPTIONS: preload,
      PROMHIVE_METRICS_PORT: 'off',
      PROMHIVE_DEFAULT_METRICS: 'off',
      PROMHIVE_HTTP_NAMES: 'prometheus,opentelemetry,gunicorn',
    },
  ],
] as const)('a request that is interrupted, %s', { timeout: 120_000 }, (_, env) => {
  test('has its route when the client leaves while the handler works', async ({ stage }) => {
    const shop = await stage.start(program, { cwd, env })
    for (const name of all) await shop.ask('leave', name, 'hold', 'stream')
    for (const name of all) await shop.ask('leave', name, 'half', 'stream')
    for (const name of overHttp2) await shop.ask('leave', name, 'hold', 'session')
    const seen = await settled(shop, 2 * all.length + overHttp2.length)
    expect(byRoute(seen, 'http_requests_total', 'status_code')).toEqual({
      ...expected(frameworks, '499', 1),
      ...expected(overHttp2, '499', 2),
      ...expected(all, '200', 1),
    })
    expect(byRoute(seen, 'http_requests_aborted_total')).toEqual({
      ...expected(frameworks, '', 2),
      ...expected(overHttp2, '', 3),
    })
    expect(seen.labelled('http_request_errors_total')).toEqual({})
    expect(await shop.ask('faults')).toEqual([])
  })

  test('is counted as an error when its handler fails after the headers', async ({ stage }) => {
    const shop = await stage.start(program, { cwd, env })
    const ways = ['throws', 'rejects', 'stream'] as const
    for (const name of all) for (const way of ways) await shop.ask('stay', name, way)
    const seen = await settled(shop, all.length * ways.length)
    expect(byRoute(seen, 'http_requests_total', 'status_code')).toEqual(expected(all, '200', ways.length))
    const failed = expected(all, 'RangeError', ways.length)
    expect(byRoute(seen, 'http_request_errors_total', 'error_type')).toEqual(failed)
    if ('PROMHIVE_HTTP_NAMES' in env) {
      expect(byRoute(seen, 'gunicorn_worker_error_handling_total', 'error_type')).toEqual(failed)
      expect(byRoute(seen, 'http_server_request_duration_seconds_count', 'error_type')).toEqual(failed)
    }
    expect(await shop.ask('faults')).toEqual([])
  })

  test('is not an error when the client disconnected, requested a missing file, or had its answer before', async ({
    stage,
  }) => {
    const shop = await stage.start(program, { cwd, env })
    for (const name of all) await shop.ask('leave', name, 'endless', 'stream')
    for (const name of all) await shop.ask('leave', name, 'endless', 'reset')
    for (const name of all) await shop.ask('stay', name, 'missing')
    // The first of two requests on a connection: its handler continues while the second one is answered.
    for (const name of ['koa', 'hono']) await shop.ask('overlap', name)
    const seen = await settled(shop, 3 * all.length + 4)
    expect(byRoute(seen, 'http_requests_total', 'status_code')).toEqual({
      ...expected(all, '200', 2),
      ...expected(all, '404', 1),
      ...expected(['koa', 'hono'], '499', 1),
      '/koa/goes-on/:one 200': 1,
      '/hono/goes-on/:one 200': 1,
    })
    expect(seen.labelled('http_request_errors_total')).toEqual({})
    expect(await shop.ask('faults')).toEqual([])
  })
})
