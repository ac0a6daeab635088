export type { ExpressErrorMiddleware, ExpressMiddleware } from './instrument/http/express.js'
export type { HttpOptions } from './instrument/http/http-options.js'
export { errorMetrics, httpMetrics } from './runtime/http/express.js'
