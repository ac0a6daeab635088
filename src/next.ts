export { httpMetrics, type NextOptions } from './runtime/http/next.js'
