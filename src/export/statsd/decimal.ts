/**
 * Returns a finite number as plain decimal digits that read back as the same number. There is no exponent, because some
 * servers do not read it: `1e-7` is `0.0000001`.
 */
export function decimal(value: number): string {
  // -0 is 0 in a string.
  const text = String(value)
  const at = text.indexOf('e')
  if (at < 0) return text
  const sign = value < 0 ? '-' : ''
  const [whole, fraction = ''] = text.slice(sign.length, at).split('.') as [string, string?]
  const digits = whole + fraction
  const point = whole.length + Number(text.slice(at + 1))
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}
