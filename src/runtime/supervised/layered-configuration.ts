import { Configuration, type Layers } from '../../supervisor/settings/configuration.js'
import { readFile, usualFile } from '../../supervisor/settings/file.js'

/** Returns the settings of all layers, the file among them. `path`: the file that was named, if one was. */
export async function configurationFrom(layers: Omit<Layers, 'file'>, path?: string): Promise<Configuration> {
  const named = path ?? (layers.environment?.PROMHIVE_CONFIG || usualFile())
  const file = named === undefined ? undefined : await readFile(named, path !== undefined)
  return new Configuration({ ...layers, file })
}
