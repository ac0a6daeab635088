import { formatNumber } from '../../exposition/text/number.js'
import type { Labels } from '../../model/series-index/series-numbers.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import { hashOf } from '../prom-client/own-series.js'
import { unsupported } from './unsupported.js'

/*
 * `lib/util` of prom-client: what is a function of its arguments alone. The rest changes prom-client's own storage, which
 * promhive does not have.
 */

/** A value as the text of a scrape shows it. */
export const getValueAsString = formatNumber

/** The key of a label set in `metric.hashMap`: `method:GET,status:200,`, sorted by name unless the names are passed. */
export function hashObject(labels: Labels, labelNames?: readonly string[]): string {
  return hashOf(labels, labelNames ?? Object.keys(labels).sort())
}

export function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}

/** Seconds since 1970. */
export function nowTimestamp(): number {
  return Date.now() / 1000
}

/** Milliseconds. */
const longestWait = 5000

/** @throws Error if the promise is not settled within the milliseconds */
export function waitFor<T>(promise: Promise<T>, limit = longestWait): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Timeout')), limit)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** A function or a class that exists, so that code may import it, and that throws when it is called. */
export function changesStorage(path: string, name: string): () => never {
  return function refused() {
    return unsupported(path, `${name} changes the client's own storage; call inc(), set() or remove() of the metric`)
  }
}
