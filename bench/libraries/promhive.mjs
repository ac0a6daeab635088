import { register } from '../../dist/esm/index.js'

export { Counter, Gauge, Histogram, register, Summary } from '../../dist/esm/index.js'

/** Any process may answer: there is nothing to set up. */
export function joinCluster() {
  return { metrics: () => register.metrics(), chunks: () => register.chunks() }
}
