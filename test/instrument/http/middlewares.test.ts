import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { NextRoutes } from '../../../src/instrument/http/next.js'
import { cwd, preload, visit } from '../../helpers/http/shop.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../instrument/http/programs/explicit.mjs'

/** As `next build` wrote it for a small application. */
const manifest = fileURLToPath(new URL('next-routes-manifest.json', import.meta.url))

const expected = {
  'method="GET",route="/users/:id",status_code="200"': 2,
  'method="GET",route="/fails",status_code="500"': 1,
  'method="GET",route="_unmatched",status_code="404"': 1,
}

describe.each([
  ['alone', {}],
  ['beside the preload', { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: 'off', PROMHIVE_DEFAULT_METRICS: 'off' }],
] as const)('a middleware %s', { timeout: 120_000 }, (_, env) => {
  test.for(['express', 'express4', 'fastify', 'koa', 'hono', 'nestjs'])(
    'of %s counts each request once, by its route, and knows its error',
    async (framework, { stage }) => {
      const shop = await stage.start(program, { cwd, env })
      const base = await shop.ask<string>('open', framework)
      expect(await visit(base, ['/users/1', '/users/2', '/fails', '/nobody'])).toEqual([200, 200, 500, 404])
      const seen = await until(
        async () => new Exposition(await shop.ask<string>('scrape')),
        (scrape) => scrape.total('http_requests_total') >= 4,
      )
      expect(seen.labelled('http_requests_total')).toEqual(expected)
      expect(seen.labelled('http_request_errors_total')).toEqual({
        'error_type="RangeError",method="GET",route="/fails"': 1,
      })
      expect(seen.value('http_requests_in_flight')).toBe(0)
      expect(await shop.ask('faults')).toEqual([])
    },
  )
})

describe.each([
  ['alone', {}],
  ['beside the preload', { NODE_OPTIONS: preload, PROMHIVE_METRICS_PORT: 'off', PROMHIVE_DEFAULT_METRICS: 'off' }],
] as const)('promhive/next %s', { timeout: 120_000 }, (_, env) => {
  test.for([
    { built: true, routes: ['/', '/users/[id]', '_unmatched'] },
    { built: false, routes: ['_unmatched'] },
  ])('reports the routes of the build (built: $built)', async ({ built, routes }, { stage }) => {
    const directory = join(stage.folder(), '.next')
    if (built) {
      mkdirSync(directory)
      copyFileSync(manifest, join(directory, 'routes-manifest.json'))
    }
    const shop = await stage.start(program, { cwd, env })
    // Relative to where the application runs, as Next has it.
    const base = await shop.ask<string>('openNext', relative(cwd, directory))
    expect(await visit(base, ['/', '/users/1', '/users/2?tab=x', '/wp-login.php'])).toEqual([200, 200, 200, 404])
    const seen = await until(
      async () => new Exposition(await shop.ask<string>('scrape')),
      (scrape) => scrape.total('http_requests_total') >= 4,
    )
    const shown = Object.keys(seen.labelled('http_requests_total')).map((labels) => /route="([^"]*)"/.exec(labels)![1])
    expect([...new Set(shown)].sort()).toEqual(routes)
    expect(seen.total('http_requests_total')).toBe(4)
    expect(await shop.ask('faults')).toEqual([])
  })
})

describe('a middleware', { timeout: 120_000 }, () => {
  test('counts the requests to its own application only', async ({ stage }) => {
    const shop = await stage.start(program, { cwd })
    const base = await shop.ask<string>('open', 'express')
    const other = await shop.ask<string>('openOther')
    await visit(other, ['/', '/'])
    await visit(base, ['/users/1'])
    const seen = await until(
      async () => new Exposition(await shop.ask<string>('scrape')),
      (scrape) => scrape.total('http_requests_total') >= 1,
    )
    expect(seen.total('http_requests_total')).toBe(1)
  })

  test('of Hono measures by itself without a server of Node’s', async ({ stage }) => {
    const shop = await stage.start(program, { cwd })
    await shop.ask('honoAlone', ['/users/1', '/fails', '/nobody'])
    const seen = new Exposition(await shop.ask<string>('scrape'))
    expect(seen.labelled('http_requests_total')).toEqual({
      ...expected,
      'method="GET",route="/users/:id",status_code="200"': 1,
    })
  })

  test('of Hono knows the route of what did not come to its handler', async ({ stage }) => {
    const shop = await stage.start(program, { cwd })
    await shop.ask('honoAlone', ['/guarded/7', '/guarded/7/deeper', '/mounted/7', '/mounted/nobody'])
    const seen = new Exposition(await shop.ask<string>('scrape'))
    expect(seen.labelled('http_requests_total')).toEqual({
      'method="GET",route="/guarded/:secret",status_code="401"': 1,
      'method="GET",route="/guarded/*",status_code="401"': 1,
      'method="GET",route="/mounted/*",status_code="200"': 1,
      'method="GET",route="_unmatched",status_code="404"': 1,
    })
  })
})

describe('the routes of Next', () => {
  const routes = new NextRoutes(JSON.parse(readFileSync(manifest, 'utf8')))

  test.for([
    ['/', '/'],
    ['/?page=2', '/'],
    ['/users/17', '/users/[id]'],
    ['/users/17/?tab=orders', '/users/[id]'],
    ['/api/items/4', '/api/items/[item]'],
    ['/_next/static/chunks/1f2e.js', '/_next/static/*'],
    ['/_next/image?url=x', '/_next/*'],
    ['/_not-found', undefined],
    ['/wp-login.php', undefined],
  ] as const)('of %s is %s', ([url, route]) => {
    expect(routes.routeOf({ url, method: 'GET', headers: {} })).toBe(route)
  })

  test('are unknown where nothing was built', () => {
    expect(NextRoutes.read('/nowhere')).toBeUndefined()
  })
})
