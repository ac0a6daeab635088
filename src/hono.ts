export type { HonoContext, HonoMiddleware } from './instrument/http/hono.js'
export type { HttpOptions } from './instrument/http/http-options.js'
export { httpMetrics } from './runtime/http/hono.js'
