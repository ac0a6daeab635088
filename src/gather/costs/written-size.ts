import type { Formatter } from '../../exposition/formatter.js'
import type { Family } from '../../model/family.js'
import type { Pause } from '../../model/pause.js'
import type { FormatCosts, SeriesCost } from './series-costs.js'

/** The formatters of the formats whose cost is measured. */
export type MeasuredFormats = { readonly [K in keyof FormatCosts]: Formatter }

const lineFeed = 0x0a
const hash = 0x23

/** Writes families in each format, and measures the result. */
export async function writtenSize(
  formats: MeasuredFormats,
  families: readonly Family[],
  pause: Pause,
): Promise<FormatCosts> {
  return {
    text: await measure(await formats.text.formatPart(families, pause), pause),
    openMetrics: await measure(await formats.openMetrics.formatPart(families, pause), pause),
  }
}

/** Returns the bytes of the text that ends an exposition in each format. */
export async function endingSize(formats: MeasuredFormats, pause: Pause): Promise<FormatCosts> {
  return {
    text: await measure(await formats.text.format([], pause), pause),
    openMetrics: await measure(await formats.openMetrics.format([], pause), pause),
  }
}

/** Counts the bytes, and the lines that are not comments. A line may begin in one chunk and end in the next. */
async function measure(chunks: readonly Uint8Array[], pause: Pause): Promise<SeriesCost> {
  let bytes = 0
  let series = 0
  let begins = true
  for (const chunk of chunks) {
    bytes += chunk.length
    for (let at = 0; at < chunk.length; ) {
      if (begins && chunk[at] !== hash) series++
      const end = chunk.indexOf(lineFeed, at)
      begins = end >= 0
      at = end < 0 ? chunk.length : end + 1
    }
    if (pause.due()) await pause.rest()
  }
  return { bytes, series }
}
