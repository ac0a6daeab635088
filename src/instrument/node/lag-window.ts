/** The part of a histogram of delays that is used: `monitorEventLoopDelay` returns one, in nanoseconds. */
export interface DelayHistogram {
  readonly count: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  percentile(percentile: number): number
}

/** How late the event loop was, in seconds. */
export interface Lag {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly stddev: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

interface LagPeriod extends Lag {
  readonly count: number
}

/** The lag over the last few periods. Reading changes nothing, so every reader sees all of it. */
export class LagWindow {
  private readonly closed: LagPeriod[] = []

  /**
   * @param resolution nanoseconds between two measurements of the loop, which a histogram counts as delay as well
   * @param length the number of closed intervals that are shown together
   */
  constructor(
    private readonly resolution: number,
    private readonly length: number,
  ) {}

  /** Keeps the values of an interval that has ended, and forgets the oldest one. */
  close(histogram: DelayHistogram): void {
    const stretch = this.read(histogram)
    if (stretch === undefined) return
    this.closed.push(stretch)
    if (this.closed.length > this.length) this.closed.shift()
  }

  /** Until a period has ended, the lag of the first one so far; undefined without a measurement. */
  lag(current: DelayHistogram): Lag | undefined {
    if (this.closed.length > 0) return together(this.closed)
    return this.read(current)
  }

  private read(histogram: DelayHistogram): LagPeriod | undefined {
    const { count, min, max, mean, stddev } = histogram
    // An empty histogram's minimum is the largest possible number.
    if (count === 0) return undefined
    // After a late sample the next one comes early: a delay below the resolution is no lag, and not a negative one.
    const lag = (nanoseconds: number): number => Math.max(0, nanoseconds - this.resolution) / 1e9
    return {
      count,
      min: lag(min),
      max: lag(max),
      mean: lag(mean),
      stddev: stddev / 1e9,
      p50: lag(histogram.percentile(50)),
      p90: lag(histogram.percentile(90)),
      p99: lag(histogram.percentile(99)),
    }
  }
}

/**
 * Minimum, maximum, mean and deviation are those of all intervals together. Percentiles cannot be added up: that of the
 * worst interval is shown, which the whole cannot exceed.
 */
function together(stretches: readonly LagPeriod[]): Lag {
  const worst = (percentile: 'p50' | 'p90' | 'p99'): number => Math.max(...stretches.map((each) => each[percentile]))
  const count = sum(stretches, () => 1)
  const mean = sum(stretches, ({ mean }) => mean) / count
  // The deviation of each interval around its own mean, and that of its mean from the common one.
  const variance = sum(stretches, (each) => each.stddev ** 2 + (each.mean - mean) ** 2) / count
  return {
    min: Math.min(...stretches.map(({ min }) => min)),
    max: Math.max(...stretches.map(({ max }) => max)),
    mean,
    stddev: Math.sqrt(variance),
    p50: worst('p50'),
    p90: worst('p90'),
    p99: worst('p99'),
  }
}

function sum(stretches: readonly LagPeriod[], of: (stretch: LagPeriod) => number): number {
  return stretches.reduce((total, stretch) => total + stretch.count * of(stretch), 0)
}
