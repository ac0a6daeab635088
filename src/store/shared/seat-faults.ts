import { MetricsError } from '../../model/errors.js'
import { codeOf } from './files.js'

/** Creates the error of a seat whose series file has broken lines. */
export function damaged(seat: number): MetricsError {
  const text = `seat ${seat} was taken over with a damaged series file: what its broken lines named is not shown`
  return new MetricsError('FILE_UNREADABLE', text, { reason: 'broken_line' })
}

/** Creates the error of a seat that cannot read what other processes removed. */
export function removalsUnreadable(seat: number, cause: unknown): MetricsError {
  const text = `seat ${seat} cannot read which series were removed (${codeOf(cause)}): it looks again soon`
  return new MetricsError('FILE_UNREADABLE', text, { cause, reason: codeOf(cause).toLowerCase() })
}

/** Creates the error of a seat for which the disk is full. */
export function seatFull(seat: number, cause: unknown): MetricsError {
  const text = `seat ${seat} has no space for new series (${codeOf(cause)}): they are counted in this process and shown when it answers; free space in the metrics directory`
  return new MetricsError('STORE_FULL', text, { cause })
}
