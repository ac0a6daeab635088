import { type Exemplar, exemplarLabelName, fitsExemplar, longestExemplar } from '../../model/exemplar.js'
import { escapeLabelValue } from './escape.js'
import { formatNumber } from './number.js'

/**
 * The text behind the value: ` # {trace_id="abc"} 0.5 1732160000.123`. Nothing for one that the format does not
 * allow: it must not cost the scrape.
 */
export function formatExemplar({ labels, value, timestamp }: Exemplar): string {
  let inside = ''
  for (const [name, text] of Object.entries(labels)) {
    if (!exemplarLabelName.test(name)) return ''
    inside += `${inside && ','}${name}="${escapeLabelValue(String(text))}"`
  }
  // A text has no more code points than it is long, and most are short.
  if (inside.length > longestExemplar && !fitsExemplar(labels)) return ''
  const when = timestamp === undefined ? '' : ` ${formatNumber(timestamp)}`
  return ` # {${inside}} ${formatNumber(value)}${when}`
}
