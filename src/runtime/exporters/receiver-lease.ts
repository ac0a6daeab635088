import { createHash } from 'node:crypto'
import type { Lease } from '../../model/lease.js'
import { Registry } from '../../registry/registry.js'
import type { ExportingProcess } from './exporting-process.js'
import type { IntervalOptions } from './running-exporter.js'

/** Returns a text that identifies what is sent to a receiver: its address without credentials, and the registry. */
export function receiverName({ origin, pathname }: URL, { registry }: IntervalOptions): string {
  return `${origin}${pathname} ${registry instanceof Registry ? registry.registryName : ''}`
}

/** Returns the lease of what is sent to one receiver: each receiver gets the numbers from one process. */
export function receiverLease(home: ExportingProcess, exporter: string, receiver: string): Lease {
  return home.lease(`${exporter}-${createHash('sha256').update(receiver).digest('hex').slice(0, 16)}`)
}
