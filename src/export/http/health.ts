import type { ReadinessCheck } from '../../gather/readiness.js'
import { textResponse } from './response.js'
import type { Route } from './route-table.js'

/**
 * Creates the routes that orchestrators probe: `/healthz` shows that the process answers, and `/readyz` whether it can do
 * its work. They accept every `Host` header, because a kubelet sends the address of the pod.
 */
export function healthRoutes(readiness: ReadinessCheck): readonly Route[] {
  return [
    { path: '/healthz', anyHost: true, handle: async () => textResponse(200, 'ok\n', uncached) },
    {
      path: '/readyz',
      anyHost: true,
      async handle() {
        const { ready, text } = await readiness()
        return textResponse(ready ? 200 : 503, `${text}\n`, uncached)
      },
    },
  ]
}

const uncached = { 'Cache-Control': 'no-store' }
