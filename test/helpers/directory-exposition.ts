import { directoryGatherer } from '../../src/cli/directory-gatherer.js'
import { reportOnce } from '../../src/cli/report-once.js'
import { expositionOf } from '../../src/cli/source-exposition.js'
import { ApplicationGatherer } from '../../src/gather/application-gatherer.js'
import type { Scrapes } from '../../src/gather/scrapes.js'

/** What `promhive serve` answers for a directory. */
export function directoryExposition(directory: string, report = reportOnce()): Scrapes {
  return expositionOf(new ApplicationGatherer(directoryGatherer(directory, report)))
}
