import { createHash } from 'node:crypto'
import type { Lease } from '../../model/lease.js'
import { Registry } from '../../registry/registry.js'
import type { ExportingProcess } from './exporting-process.js'
import type { IntervalOptions } from './running-exporter.js'

/** Headers whose values may be credentials. */
const secretHeader = /auth|token|secret|key|cookie|password|signature/i

/**
 * Returns a text that identifies what is sent to a receiver. Other processes see it, so it has no credentials.
 *
 * @param distinct further options by which receivers of one address differ, such as their tenants
 */
export function receiverName(
  { origin, pathname }: URL,
  options: IntervalOptions,
  distinct: Readonly<Record<string, unknown>> = {},
): string {
  const differences = Object.entries(distinct).filter(([, value]) => value !== undefined)
  const suffix = differences.length === 0 ? '' : ` ${JSON.stringify(differences.sort())}`
  return destinationName(`${origin}${pathname}`, options) + suffix
}

/** Returns a text that identifies what is sent to a destination: a registry, and where it is sent. */
export function destinationName(place: string, { registry }: IntervalOptions): string {
  return `${place} ${registry instanceof Registry ? registry.registryName : ''}`
}

/** Returns the headers that do not contain credentials: they may name a tenant. */
export function openHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(entries.filter(([name]) => !secretHeader.test(name)))
}

/**
 * Returns the lease of what is sent to one destination: each destination gets the numbers from one process, and exporters
 * of several destinations do not wait for each other.
 */
export function receiverLease(home: ExportingProcess, exporter: string, receiver: string): Lease {
  return home.lease(`${exporter}-${createHash('sha256').update(receiver).digest('hex').slice(0, 16)}`)
}
