import type { Exposition } from '../export/contract.js'
import { directorySource } from '../runtime/directory/directory-source.js'
import { type SourceExpositionOptions, sourceExposition } from './source-exposition.js'

/**
 * Returns an exposition of all processes in a directory, those with Python's client included, read from outside: nothing is joined, written or locked.
 *
 * @param registry only this registry; by default all of them, and of two families with the same name that of the
 * default registry
 */
export function directoryExposition(
  directory: string,
  registry?: string,
  options: SourceExpositionOptions = {},
): Exposition {
  return sourceExposition(() => directorySource(directory), registry, options)
}
