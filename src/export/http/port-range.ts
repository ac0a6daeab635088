import { MetricsError } from '../../model/errors.js'

/** The ports of which a server opens the first free one, both ends included; 0 to 0 is any free port of the system. */
export interface PortRange {
  readonly first: number
  readonly last: number
}

/** What `portRange` reads, for error texts. */
export const portRangeForms = 'a range of ports such as 9500-9599, one port, or 0 for any free one'

/** Reads a range such as `9500-9599`, or one port; returns undefined if it is neither. */
export function portRange(value: unknown): PortRange | undefined {
  const [, from, to] = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(String(value)) ?? []
  if (from === undefined || (typeof value !== 'string' && typeof value !== 'number')) return undefined
  const [first, last] = [Number(from), Number(to ?? from)]
  const valid = to === undefined ? first <= highest : first >= 1 && first <= last && last <= highest
  return valid ? { first, last } : undefined
}

const highest = 65_535

/**
 * Opens a server on the first port of a range that is free.
 *
 * @param open opens the server on one port, and rejects with `PORT_TAKEN` if it is taken
 * @param preferred the port to try first
 * @throws MetricsError `PORT_TAKEN` if all of them are taken; the first other error of `open`
 */
export async function openFirstFree<S>(
  { first, last }: PortRange,
  open: (port: number) => Promise<S>,
  preferred?: number,
): Promise<S> {
  const inRange = preferred !== undefined && (first === 0 || (preferred >= first && preferred <= last))
  const ports = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  let taken: unknown
  for (const port of inRange ? [preferred, ...ports] : ports) {
    try {
      return await open(port)
    } catch (cause) {
      if ((cause as MetricsError).code !== 'PORT_TAKEN') throw cause
      taken = cause
    }
  }
  const text = `all ports from ${first} to ${last} are taken; widen the range, or use 0 for any free port`
  throw new MetricsError('PORT_TAKEN', text, { cause: taken })
}
