/** A value as text: `1`, `0.25`, `+Inf`, `-Inf`, `NaN`. */
export function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

/** The longest text that `writeNumber` writes. */
export const longestNumber = 32

/** Writes a value's text; returns its end. Whole numbers, which are nearly all values, need no string. */
export function writeNumber(into: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < 1e9 && value === (value | 0)) {
    let rest = value | 0
    let digits = 1
    for (let bound = 10; rest >= bound; bound *= 10) digits++
    const end = at + digits
    for (let i = end - 1; i >= at; i--) {
      const tens = (rest / 10) | 0
      into[i] = 48 + rest - tens * 10
      rest = tens
    }
    return end
  }
  const text = formatNumber(value)
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** A bound in the notation of Go and OpenMetrics: `0.005`, `1.0`, `1e+06`, `+Inf`. */
export function formatGoNumber(value: number): string {
  if (!Number.isFinite(value)) return formatNumber(value)
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (value !== 0 && (exponent < -4 || exponent >= 6)) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
