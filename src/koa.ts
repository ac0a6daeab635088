export type { HttpOptions } from './instrument/http/http-options.js'
export type { KoaContext, KoaMiddleware } from './instrument/http/koa.js'
export { httpMetrics } from './runtime/http/koa.js'
