import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { expressRoute } from '../../../src/instrument/http/express-route.js'

interface Layer {
  match(path: string): false | { path: string; params: object }
}

interface Router {
  readonly stack: readonly (Layer & { readonly route: object })[]
  get(path: string, handler: () => void): void
}

interface Application {
  readonly router: Router
  use(path: unknown, router: Router): void
}

/** It brings no types. */
const express: { (): Application; Router(): Router } = createRequire(import.meta.url)('express')

/** Express 5.0 to 5.2: their layers keep what they matched, and have no pattern. */
function asBefore(application: Application): Application {
  for (const layer of application.router.stack) {
    const match = layer.match.bind(layer)
    Object.assign(layer, {
      match(path: string) {
        const answer = match(path)
        Object.assign(layer, answer === false ? { path: undefined, params: undefined } : answer, { pattern: undefined })
        return answer !== false
      },
    })
  }
  return application
}

describe('the route of a request to Express before 5.3', () => {
  test.for([
    ['/tenants/:tenant', '/tenants/tenants', '/tenants/:tenant'],
    ['/tenants/:tenant', '/TENANTS/acme%20inc', '/tenants/:tenant'],
    ['/files/*path', '/files/a/b/c', '/files/*path'],
    [/^\/pages\/\w+/, '/pages/secret', '/*'],
  ] as const)('is below %s', ([mounted, baseUrl, template]) => {
    const application = express()
    const router = express.Router()
    router.get('/items/:item', () => {})
    application.use(mounted, router)
    const { route } = router.stack[0]!
    const request = { method: 'GET', url: '/', headers: {}, app: asBefore(application), baseUrl, route }
    expect(expressRoute(request)).toBe(`${template}/items/:item`)
  })
})
