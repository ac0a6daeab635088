export type { ExpressMiddleware } from './instrument/http/express.js'
export type { HttpOptions } from './instrument/http/http-options.js'
export type { NestContext } from './instrument/http/nestjs.js'
export { HttpMetricsInterceptor, httpMetrics } from './runtime/http/nestjs.js'
