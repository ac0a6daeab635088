import { hostname } from 'node:os'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import { MetricsError } from '../../model/errors.js'
import { textOf } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'

/** An open endpoint, as it is announced. */
export interface Endpoint {
  readonly port: number
  /** The path of the metrics. */
  readonly path: string
  readonly encrypted: boolean
  /** The name or address of this host, as Prometheus uses it. */
  readonly advertise: string
  readonly labels: Readonly<Record<string, string>>
}

/** Labels that the announcement sets itself. */
const own: readonly string[] = ['worker', 'pid', '__address__', '__scheme__', '__metrics_path__']

/** Returns the target of an endpoint. */
export function targetOf({ port, path, encrypted, advertise, labels }: Endpoint): AnnouncedTarget {
  const address = `${bracketed(advertise)}:${port}`
  const where = { ...(encrypted && { __scheme__: 'https' }), ...(path !== '/metrics' && { __metrics_path__: path }) }
  return { id: address, address, labels: { ...labels, ...where } }
}

/**
 * Returns the host that is announced for an address to listen on: the address itself, or the name of this machine if
 * the server listens on every address.
 */
export function advertisedHost(host: string): string {
  return host === '' || /^(?:0\.0\.0\.0|\[?[:0]*\]?)$/.test(host) ? hostname() : host
}

/** @throws MetricsError `OPTION_INVALID` if it is not a host name or an address */
export function checkAdvertise(advertise: unknown, name: string): string {
  if (typeof advertise === 'string' && /^(?:[^\s/@,:[\]]+|\[?[\da-f:.]+(?:%\w+)?\]?)$/i.test(advertise))
    return advertise
  const text = `${name} must be a host name or an address without a port, such as web1.example.com, got ${describe(advertise)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/**
 * Checks the labels that an application adds to its targets.
 *
 * @throws MetricsError `OPTION_INVALID` for a value that is not an object of labels, an invalid name, or a label that the
 * announcement sets itself
 */
export function checkTargetLabels(labels: unknown, name: string): Readonly<Record<string, string>> {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    throw new MetricsError(
      'OPTION_INVALID',
      `${name} must be an object such as { app: 'shop' }, got ${describe(labels)}`,
    )
  }
  for (const label of Object.keys(labels)) {
    if (!/^[a-zA-Z_]\w*$/.test(label)) {
      const text = `${name}: ${describe(label)} is not a label name: use letters, digits and "_", not starting with a digit`
      throw new MetricsError('OPTION_INVALID', text)
    }
    if (own.includes(label)) {
      throw new MetricsError('OPTION_INVALID', `${name}: promhive sets the label "${label}" itself; rename yours`)
    }
  }
  const present = Object.entries(labels).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(present.map(([label, value]) => [label, textOf(name, label, value)]))
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
