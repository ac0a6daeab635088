import { loadBinding } from '#native'
import type { Exposition } from '../export/contract.js'
import { SharedSource } from '../store/shared/shared-source.js'
import { type SourceExpositionOptions, sourceExposition } from './source-exposition.js'

/**
 * What all processes counted in a directory, read from outside: nothing is joined, written or locked.
 *
 * @param registry only this one; otherwise all, and of two families of one name that of the default registry
 */
export function directoryExposition(
  directory: string,
  registry?: string,
  options: SourceExpositionOptions = {},
): Exposition {
  return sourceExposition(() => new SharedSource(directory, loadBinding().binding), registry, options)
}
