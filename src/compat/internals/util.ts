import { formatNumber } from '../../exposition/text/number.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import { unsupported } from './unsupported.js'

/*
 * `lib/util` of prom-client: what is a function of its arguments alone. The rest changes prom-client's own storage, which
 * promhive does not have.
 */

/** A value as the text of a scrape shows it. */
export const getValueAsString = formatNumber

/**
 * The labels of a call: the object that was passed, or one of the values in the order of the label names.
 *
 * @throws Error if the number of values differs from the number of names
 */
export function getLabels(labelNames: readonly string[], args: readonly unknown[]): object {
  const [first] = args
  if (typeof first === 'object') return first as object
  if (args.length !== labelNames.length) {
    const [given, names] = [args.join(', '), labelNames.join(', ')]
    throw new Error(
      `Invalid number of arguments (${args.length}): "${given}" for label names (${labelNames.length}): "${names}".`,
    )
  }
  return Object.fromEntries(labelNames.map((name, i) => [name, args[i]]))
}

/** The key of a label set in `metric.hashMap`: `method:GET,status:200,`, sorted by name unless the names are passed. */
export function hashObject(labels: Readonly<Record<string, unknown>>, labelNames?: readonly string[]): string {
  const names = labelNames ?? Object.keys(labels).sort()
  return names.map((name) => (labels[name] === undefined ? '' : `${name}:${labels[name]},`)).join('')
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object'
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
