import { Merger } from '../../gather/merge.js'
import { Slices } from '../../platform/slices.js'
import { monotonicNow } from '../../platform/timers.js'
import { workerLabelFromEnvironment } from '../../runtime/worker-label.js'
import type { Source } from '../../store/contract.js'
import { type Finding, fail, ok, warn } from './finding.js'

/** Seconds above which a scrape is slow. */
const slow = 1
/** The number of series above which a family is too large. */
const maxFamilySeries = 10_000

/** Reads everything as a scrape does, and checks what it shows. */
export async function checkScrape(source: Source): Promise<Finding[]> {
  const began = monotonicNow()
  const pause = new Slices()
  const { writers, errors } = await source.read(pause)
  const merged = await new Merger(workerLabelFromEnvironment()).merge(writers, pause)
  const seconds = (monotonicNow() - began) / 1000
  const series = merged.tables.reduce((sum, table) => sum + table.order.length, 0)
  const findings = [
    seconds < slow
      ? ok('scrape', `${series} series in ${(seconds * 1000).toFixed(0)} ms`)
      : warn(
          'scrape',
          `${series} series took ${seconds.toFixed(1)} s`,
          'the first scrape is the slowest; see maxSeries',
        ),
  ]
  for (const { message } of errors) findings.push(fail('files', message, 'see promhive inspect'))
  for (const { message } of merged.errors) {
    findings.push(warn('definitions', message, 'let all processes run the same version'))
  }
  const dropped = writers.reduce((sum, writer) => sum + writer.dropped, 0)
  if (dropped > 0) findings.push(fail('room', `${dropped} series have no space in the directory`, 'make it larger'))
  for (const { family, order } of merged.tables) {
    if (order.length < maxFamilySeries) continue
    const text = `${family.name} has ${order.length} series (${family.labelNames.join(', ')})`
    findings.push(warn('cardinality', text, 'look for label values that never repeat; maxSeries limits them'))
  }
  return findings
}
