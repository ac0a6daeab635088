import { readFileSync } from 'node:fs'
import { MetricsError } from '../../model/errors.js'
import type { OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { procPath } from '../../platform/proc.js'

/** Limits on the resources that a port of promhive uses. */
export interface PortLimits {
  /**
   * The maximum number of connections. The default is 100, but at most a quarter of the process's file limit. A further
   * connection replaces the one that has been idle the longest; it is refused while all of them are being answered.
   */
  readonly maxConnections?: number | undefined
  /**
   * The maximum number of different scrapes that wait for their turn; a further one is answered with 503. The default
   * is 16.
   */
  readonly maxQueuedScrapes?: number | undefined
  /**
   * The maximum number of bytes that clients have not read yet, over all connections. Near this limit, further scrapes
   * wait for up to two seconds, and share an answer. Above it, the client that has read nothing for the longest time is
   * disconnected. The default is 64 MiB.
   */
  readonly maxWaitingBytes?: number | undefined
  /** Milliseconds within which a client must send its request. The default is 10 000. */
  readonly requestTimeout?: number | undefined
  /** Milliseconds within which a client must read an answer. The default is 30 000. */
  readonly sendTimeout?: number | undefined
}

export type CheckedLimits = { readonly [K in keyof PortLimits]-?: number }

const defaults = {
  maxConnections: 100,
  maxQueuedScrapes: 16,
  maxWaitingBytes: 64 * 1024 * 1024,
  requestTimeout: 10_000,
  sendTimeout: 30_000,
} as const satisfies CheckedLimits

/** The names of the limits, for checking options. */
export const portLimits = {
  maxConnections: true,
  maxQueuedScrapes: true,
  maxWaitingBytes: true,
  requestTimeout: true,
  sendTimeout: true,
} as const satisfies OptionNames<PortLimits>

/** Node treats a longer timeout as 1 ms. */
const longestTimeout = 2 ** 31 - 1

/**
 * Fills in the defaults.
 *
 * @param nameOf returns the name of an option for the error text
 * @throws MetricsError `OPTION_INVALID`, with the name of the option
 */
export function checkLimits(options: PortLimits, nameOf: (option: string) => string): CheckedLimits {
  const limits: Record<string, number> = {}
  for (const name of Object.keys(defaults) as (keyof PortLimits)[]) {
    const value = options[name] ?? defaultOf(name)
    const most = name.endsWith('Timeout') ? longestTimeout : Number.MAX_SAFE_INTEGER
    if (!Number.isInteger(value) || value < 1 || value > most) {
      const text = `${nameOf(name)} must be a whole number from 1 to ${most}, got ${describe(options[name])}`
      throw new MetricsError('OPTION_INVALID', text)
    }
    limits[name] = value
  }
  return limits as CheckedLimits
}

/** Every connection takes a file descriptor that the application may need for its own port. */
function defaultOf(name: keyof PortLimits): number {
  if (name !== 'maxConnections') return defaults[name]
  return Math.max(1, Math.min(defaults.maxConnections, Math.floor(openFileLimit() / 4)))
}

/** Returns how many files this process may open; infinite if the system does not report a limit. */
function openFileLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(procPath('self/limits'), 'utf8')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
