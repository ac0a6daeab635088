import { MetricsError } from '../../model/errors.js'
import { requireOptional } from '../../platform/optional-package.js'

/** Compresses a message into the block format of Snappy. */
export type Compress = (message: Uint8Array) => Uint8Array

/**
 * Loads the package that compresses requests, which remote write requires.
 *
 * @throws MetricsError `OPTION_INVALID` if it is not installed
 */
export function loadCompress(): Compress {
  let snappy: typeof import('snappyjs')
  try {
    snappy = requireOptional<typeof import('snappyjs')>('snappyjs')
  } catch (cause) {
    const text = 'remote write compresses its requests with the package snappyjs; install it: npm install snappyjs'
    throw new MetricsError('OPTION_INVALID', text, { cause })
  }
  // A plain array, because the result for a Buffer would keep all of the memory that compressing needed.
  return (message) => snappy.compress(new Uint8Array(message.buffer, message.byteOffset, message.byteLength))
}
