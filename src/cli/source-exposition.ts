import { Formatters } from '../exposition/formatters.js'
import { text } from '../exposition/text/text.js'
import type { Gatherer } from '../gather/gatherer.js'
import { Scrapes } from '../gather/scrapes.js'
import { SourceGatherer } from '../gather/source-gatherer.js'
import type { MetricsError } from '../model/errors.js'
import { perWorkerByEnvironment } from '../runtime/configure-options.js'
import { workerLabelFromEnvironment } from '../runtime/worker-label.js'
import type { Source } from '../store/contract.js'

/**
 * Returns a gatherer of all processes of an application, read from outside.
 *
 * @param open opens the source; called again after a gathering that timed out
 * @param report receives each fault of a reading
 * @param perWorker whether every series has the number of its worker; by default, what the environment names
 */
export function sourceGatherer(
  open: () => Source,
  report: (error: MetricsError) => void,
  perWorker: boolean = perWorkerByEnvironment(),
): SourceGatherer {
  let source = open()
  const reopen = (): void => {
    source = open()
  }
  return new SourceGatherer(() => source, report, workerLabelFromEnvironment, { reopen, perWorker: () => perWorker })
}

/** Returns an exposition of a gatherer; text 0.0.4, unless a scrape requests another format. */
export function expositionOf(gatherer: Gatherer): Scrapes {
  const formatters = new Formatters()
  return new Scrapes(
    gatherer,
    () => formatters,
    () => text.contentType,
  )
}
