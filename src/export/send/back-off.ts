/** The times between tries, in milliseconds. */
export interface BackOffTimes {
  /** Before the second try. */
  readonly first: number
  /** The maximum. */
  readonly most: number
}

/** A server may ask for a longer pause, but not for one that would silence an exporter permanently. */
const longestRequestedPause = 3_600_000

/** The times between the tries of one post: each twice as long as the one before, of which between half and all is waited. */
export class BackOff {
  private tries = 0

  /** @param random returns a number from 0 to 1, so that many processes do not try at the same moment */
  constructor(
    private readonly times: BackOffTimes,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const { first, most } = this.times
    const time = Math.min(first * 2 ** this.tries++, most)
    return time * (0.5 + this.random() / 2)
  }
}

/**
 * Returns the milliseconds of a `Retry-After` header, which contains seconds or a date; undefined without a valid one.
 *
 * @param now Unix milliseconds
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  // A number with a point is accepted as well, because servers send it. `Date.parse` also reads many other texts.
  const seconds = /^\d+(?:\.\d+)?$/.test(text)
  const milliseconds = seconds ? Number(text) * 1000 : text.endsWith('GMT') ? Date.parse(text) - now : Number.NaN
  if (!Number.isFinite(milliseconds)) return undefined
  return Math.min(Math.max(milliseconds, 0), longestRequestedPause)
}
