import type { HttpRequest } from './exchange.js'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { expressRoute } from './express-route.js'
import { onChannel } from './guard.js'

/** Express 5.3 and later report the errors that handlers throw or pass on, and where. */
export function watchExpressErrors(): () => void {
  return onChannel(
    'tracing:express.router.request:error',
    ({ req, error }: { readonly req: NodeRequest; readonly error: unknown }) => {
      const exchange = exchangeOf(req)
      if (exchange === undefined) return
      exchange.met(error)
      // Later Express has forgotten under which path it was.
      exchange.route ??= expressRoute(req as NodeRequest & HttpRequest)
    },
  )
}
