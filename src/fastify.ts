export type { HttpOptions } from './instrument/http/http-options.js'
export { httpMetrics } from './runtime/http/fastify.js'
