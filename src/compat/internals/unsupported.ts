import { MetricsError } from '../../model/errors.js'

/** Throws for a part of prom-client that has no counterpart: what it is, and what to do instead. */
export function unsupported(path: string, text: string): never {
  throw new MetricsError('PATH_UNSUPPORTED', `${path}: ${text}`)
}
