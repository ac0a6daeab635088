import type { SourceGatherer } from '../gather/source-gatherer.js'
import type { MetricsError } from '../model/errors.js'
import { directorySource } from '../runtime/directory/directory-source.js'
import { sourceGatherer } from './source-exposition.js'

/**
 * Returns a gatherer of all processes in a directory, those with Python's client included. It is read from outside:
 * nothing is joined, written or locked.
 *
 * @param report receives each fault of a reading
 * @param perWorker whether every series has the number of its worker; by default, what the environment names
 */
export function directoryGatherer(
  directory: string,
  report: (error: MetricsError) => void,
  perWorker?: boolean,
): SourceGatherer {
  return sourceGatherer(() => directorySource(directory), report, perWorker)
}
