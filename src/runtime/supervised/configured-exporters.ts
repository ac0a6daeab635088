import { MetricsError } from '../../model/errors.js'
import type { Settings } from '../../supervisor/settings/settings.js'
import { processContext } from '../current-context.js'
import { chosenExporters, exportersForAll, startExporters } from '../exporters/configured.js'
import { sendingForAll } from '../exporters/exporting-process.js'

/**
 * Returns what starts the exporters of the settings and the environment.
 *
 * @throws MetricsError `OPTION_INVALID` for an exporter that does not exist
 */
export function exportersOf({ exporters, workerPorts }: Settings): () => ReturnType<typeof startExporters> {
  const chosen = exportersForAll(chosenExporters(exporters), workerPorts)
  for (const [name, { from }] of Object.entries(chosen)) {
    if (from !== 'each') continue
    const text = `exporters.${name}: a supervisor sends for all of its workers; leave out from: "each"`
    throw new MetricsError('OPTION_INVALID', text)
  }
  return () => startExporters(chosen, (error) => processContext().onError(error), sendingForAll())
}
