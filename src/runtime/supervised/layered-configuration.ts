import { Configuration, type Layers } from '../../supervisor/settings/configuration.js'
import { readFile, usualFile } from '../../supervisor/settings/file.js'

/** Returns the settings of all sources, including the file. `path` is the named file, if there is one. */
export async function configurationFrom(layers: Omit<Layers, 'file'>, path?: string): Promise<Configuration> {
  const named = path ?? (layers.environment?.PROMHIVE_CONFIG || usualFile())
  const file = named === undefined ? undefined : await readFile(named, path !== undefined)
  return new Configuration({ ...layers, file })
}
