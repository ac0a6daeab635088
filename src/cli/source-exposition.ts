import { Formatters } from '../exposition/formatters.js'
import { text } from '../exposition/text/text.js'
import { ApplicationGatherer } from '../gather/application-gatherer.js'
import { Scrapes } from '../gather/scrapes.js'
import { SourceGatherer } from '../gather/source-gatherer.js'
import type { MetricsError } from '../model/errors.js'
import type { SampleFamily } from '../model/family.js'
import { perWorkerByEnvironment } from '../runtime/configure-options.js'
import { workerLabelFromEnvironment } from '../runtime/worker-label.js'
import type { Source } from '../store/contract.js'
import { reportOnce } from './report-once.js'

export interface SourceExpositionOptions {
  /** Called with each fault of a reading. */
  readonly report?: (error: MetricsError) => void
  /** Returns families of the reading process, shown with those of all registries. */
  readonly ownFamilies?: () => readonly SampleFamily[]
  /** Whether every series has the number of its worker; by default, what the environment names. */
  readonly perWorker?: boolean | undefined
}

/**
 * Returns an exposition of all processes of an application, read from outside.
 *
 * @param open opens the source; called again after a scrape that timed out
 * @param registry only this registry; by default all of them, and of two families with the same name that of the
 * default registry
 */
export function sourceExposition(
  open: () => Source,
  registry?: string,
  { report = reportOnce(), perWorker = perWorkerByEnvironment(), ...options }: SourceExpositionOptions = {},
): Scrapes {
  let source = open()
  const reopen = (): void => {
    source = open()
  }
  const everything = new SourceGatherer(() => source, report, workerLabelFromEnvironment, {
    reopen,
    perWorker: () => perWorker,
  })
  const formatters = new Formatters()
  const gatherer = new ApplicationGatherer(everything, { registry, ...options })
  return new Scrapes(
    gatherer,
    () => formatters,
    () => text.contentType,
  )
}
