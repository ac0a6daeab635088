import { type Exemplar, exemplarLabelName, fitsExemplar, longestExemplar } from '../../model/exemplar.js'
import { escapeLabelValue } from './escape.js'
import { formatNumber } from './number.js'

/**
 * The text after the value: ` # {trace_id="abc"} 0.5 1732160000.123`. Empty for an exemplar that the format does not
 * allow, because one must not break the scrape.
 */
export function formatExemplar({ labels, value, timestamp }: Exemplar): string {
  let inside = ''
  for (const [name, text] of Object.entries(labels)) {
    if (!exemplarLabelName.test(name)) return ''
    inside += `${inside && ','}${name}="${escapeLabelValue(String(text))}"`
  }
  // A string has at most as many code points as its length, and most are short.
  if (inside.length > longestExemplar && !fitsExemplar(labels)) return ''
  const when = timestamp === undefined ? '' : ` ${formatNumber(timestamp)}`
  return ` # {${inside}} ${formatNumber(value)}${when}`
}
