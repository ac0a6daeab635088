import type { MetricsError } from '../model/errors.js'
import { inLine } from '../model/terminal-text.js'
import { printError } from './output.js'

/** Writes each fault to the log once: a file that stays broken would fill the log at every scrape. */
export function reportOnce(): (error: MetricsError) => void {
  const reported = new Set<string>()
  return ({ code, message }) => {
    if (reported.has(message)) return
    reported.add(message)
    printError(`promhive: ${code}: ${inLine(message)}`)
  }
}
