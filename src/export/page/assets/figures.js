// Pure functions: what the page computes from successive readings, and how it writes numbers.

/** Beyond it, neighbouring whole numbers are the same floating-point number. */
const mostExact = Number.MAX_SAFE_INTEGER

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A number: exact if it is whole and can be exact, otherwise with four significant digits. */
export function figure(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–'
  if (Math.abs(value) > mostExact) return Number.isFinite(value) ? exponential(value) : String(value)
  if (Number.isInteger(value)) return whole.format(value)
  return Math.abs(value) >= 1000 ? whole.format(value) : String(Number(value.toPrecision(4)))
}

/** Four significant digits and the power of ten: 1.235e+19. */
function exponential(value) {
  const [digits, power] = value.toExponential(3).split('e')
  return `${Number(digits)}e${power}`
}

export function perSecond(value) {
  return value === undefined
    ? '–'
    : `${value >= 100 ? figure(Math.round(value)) : Number(value.toFixed(value < 10 ? 2 : 1))}/s`
}

export function percent(share) {
  return share === undefined ? '–' : `${Number((share * 100).toFixed(share < 0.1 ? 2 : 1))} %`
}

/** Seconds as µs, ms or s. */
export function duration(seconds) {
  if (seconds === undefined || Number.isNaN(seconds)) return '–'
  if (seconds === 0) return '0 s'
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`
  return seconds < 1 ? `${Number((seconds * 1000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`
}

export function bytes(count) {
  if (count === undefined) return '–'
  if (count < 1024) return `${count} B`
  const [unit, size] = count < 1024 ** 2 ? ['KiB', 1024] : count < 1024 ** 3 ? ['MiB', 1024 ** 2] : ['GiB', 1024 ** 3]
  return `${Number((count / size).toPrecision(3))} ${unit}`
}

export function age(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`
  return seconds < 129_600 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`
}

/** The number of a worker, with the name of its application if there are several. */
export function workerName({ application, worker }) {
  return application === undefined ? worker : `${application}/${worker}`
}

/** Whether the total of a family of this type only grows. */
export function grows(type) {
  return type === 'counter' || type === 'histogram' || type === 'summary'
}

/** The increase per second; undefined if the value decreased, because then it began again. */
export function rate(before, now, seconds) {
  if (before === undefined || now === undefined || !(seconds > 0) || now < before) return undefined
  return (now - before) / seconds
}

/**
 * The quantile of observations in buckets, interpolated as Prometheus' histogram_quantile() does.
 *
 * @param bounds the upper bounds, without the infinite one
 * @param counts the observations in each bucket, not cumulative
 */
export function quantile(q, bounds, counts) {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (!(total > 0)) return undefined
  const rank = q * total
  let below = 0
  for (let i = 0; i < bounds.length; i++) {
    if (below + counts[i] >= rank && counts[i] > 0) {
      const lower = i > 0 ? bounds[i - 1] : Math.min(0, bounds[0])
      return lower + ((bounds[i] - lower) * (rank - below)) / counts[i]
    }
    below += counts[i]
  }
  return bounds.at(-1)
}

/** The observations in each bucket between two readings; undefined if the buckets changed or began again. */
export function bucketsBetween(before, now) {
  if (before?.buckets === undefined || before.buckets.length !== now.buckets?.length) return undefined
  const counts = now.buckets.map((count, i) => count - before.buckets[i])
  return counts.every((count) => count >= 0) ? counts : undefined
}

/** The share of statuses from 500 on. */
export function errorShare(before, now) {
  let [errors, all] = [0, 0]
  for (const [status, total] of Object.entries(now ?? {})) {
    const increase = total - (before?.[status] ?? 0)
    if (increase < 0) return undefined
    all += increase
    if (/^5(?:\d\d|xx)$/i.test(status)) errors += increase
  }
  return all > 0 ? errors / all : undefined
}
