import { bucketsBetween, grows, quantile, rate } from './figures.js'

/** Milliseconds over which rates and quantiles are computed. */
const span = 10_000
/** Points of a plot: ten minutes at one reading per second. */
const mostPoints = 600

/** The readings of the last seconds, and the points that were computed from them. It lives as long as the page. */
export class History {
  readings = []
  /** By family: the points of its plot. */
  points = new Map()
  now = { families: new Map() }
  before = undefined

  /** Adds a reading; returns false if it is the last one again. */
  add(state) {
    if (this.readings.at(-1)?.at === state.at) return false
    const reading = { ...state, families: new Map(state.families.map((family) => [family.name, family])) }
    // The oldest one is as old as the span, so that a rate is over about that time.
    while (this.readings.length > 1 && this.readings[1].at <= state.at - span) this.readings.shift()
    this.before = this.readings[0]
    this.readings.push(reading)
    this.now = reading
    for (const family of state.families) this.addPoint(family)
    for (const name of this.points.keys()) if (!reading.families.has(name)) this.points.delete(name)
    return true
  }

  /** Seconds between the readings that are compared. */
  get seconds() {
    return this.before === undefined ? 0 : (this.now.at - this.before.at) / 1000
  }

  rateOf(name) {
    const family = this.now.families.get(name)
    if (family === undefined || !grows(family.type)) return undefined
    return rate(this.before?.families.get(name)?.total, family.total, this.seconds)
  }

  /** The mean of the observations in the span. */
  meanOf(name) {
    const [before, now] = [this.before?.families.get(name), this.now.families.get(name)]
    const count = now?.total - before?.total
    return count > 0 ? (now.observed - before.observed) / count : undefined
  }

  /** The quantiles of the observations in the span. */
  quantilesOf(name, quantiles) {
    const now = this.now.families.get(name)
    const counts = now && bucketsBetween(this.before?.families.get(name), now)
    return quantiles.map((q) => (counts === undefined ? undefined : quantile(q, now.bounds, counts)))
  }

  addPoint(family) {
    let points = this.points.get(family.name)
    if (points === undefined) this.points.set(family.name, (points = { at: [], value: [] }))
    push(points.at, this.now.at / 1000)
    push(points.value, (grows(family.type) ? this.rateOf(family.name) : family.total) ?? null)
  }
}

export function push(points, value) {
  points.push(value)
  if (points.length > mostPoints) points.shift()
}
