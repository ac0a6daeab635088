import { describe, expect, test } from 'vitest'
import { Exchange } from '../../../src/instrument/http/exchange.js'
import { ServerInstrument } from '../../../src/instrument/http/server-instrument.js'
import type { ServerMetrics } from '../../../src/instrument/http/server-metrics.js'

/** The routes under which requests are counted if their route is this value. */
function countedUnder(route: unknown, told?: unknown): string[] {
  const routes: string[] = []
  const metrics = { measuresSizes: false, begun() {}, ended: (_: Exchange, shown: string) => routes.push(shown) }
  const instrument = new ServerInstrument([metrics as unknown as ServerMetrics], { route: () => told as string })
  const exchange = new Exchange()
  exchange.begin({ method: 'GET', url: '/x', headers: {} }, 'GET', {} as never)
  exchange.route = route as string
  instrument.measure(exchange)
  instrument.ended(exchange)
  return routes
}

describe('a route from code without types', () => {
  test.each([
    ['a text', '/users/:id', '/users/:id'],
    ['a pattern', /^\/users\/(\d+)$/, '/^\\/users\\/(\\d+)$/'],
    ['a list', ['/a', '/b'], '_unmatched'],
    ['an object', {}, '_unmatched'],
    ['null', null, '_unmatched'],
  ])('costs the label at most: %s', (_, route, shown) => {
    expect(countedUnder(route)).toEqual([shown])
    expect(countedUnder(undefined, route)).toEqual([shown])
  })
})
