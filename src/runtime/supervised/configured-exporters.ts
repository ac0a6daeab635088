import type { Settings } from '../../supervisor/settings/settings.js'
import { processContext } from '../current-context.js'
import { chosenExporters, startExporters } from '../exporters/configured.js'

/**
 * Returns what starts the exporters of the settings and the environment.
 *
 * @throws MetricsError `OPTION_INVALID` for an exporter that does not exist
 */
export function exportersOf({ exporters }: Settings): () => ReturnType<typeof startExporters> {
  const chosen = chosenExporters(exporters)
  return () => startExporters(chosen, (error) => processContext().onError(error))
}
