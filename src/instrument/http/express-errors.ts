import type { HttpRequest } from './exchange.js'
import { exchangeOf, type NodeRequest } from './exchange-of.js'
import { expressRoute } from './express-route.js'
import { onChannel } from './guard.js'

/** Notes errors that handlers throw or pass on, which Express 5.3 and later report with their layer. */
export function watchExpressErrors(): () => void {
  return onChannel(
    'tracing:express.router.request:error',
    ({ req, error }: { readonly req: NodeRequest; readonly error: unknown }) => {
      const exchange = exchangeOf(req)
      if (exchange === undefined) return
      exchange.recordError(error)
      // Read now, because Express forgets the mount path afterwards.
      exchange.route ??= expressRoute(req as NodeRequest & HttpRequest)
    },
  )
}
