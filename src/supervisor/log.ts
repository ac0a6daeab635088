import { standardLog } from '../export/log-output.js'
import { MetricsError, reasonOf } from '../model/errors.js'
import { type GivenLogger, isLogger, Log, sinkFor } from '../model/logger.js'
import { maskCredentials } from '../model/mask-credentials.js'
import { describe } from '../model/metric-name.js'
import type { Settings } from './settings/settings.js'

export type { GivenLogger, Logger } from '../model/logger.js'

/** The log of managers without a supervisor: plain lines, down to `info`. */
export const standardLogger = standardLog('info', 'plain')

/**
 * Returns the log of a supervisor: its `logger`, or standard error; up to the level of the settings.
 *
 * @throws MetricsError `OPTION_INVALID` if it is not a logger
 */
export function logOf({ logLevel, logFormat }: Pick<Settings, 'logLevel' | 'logFormat'>, logger?: GivenLogger): Log {
  if (logger instanceof Log) return logger
  if (logger === undefined) return standardLog(logLevel, logFormat)
  if (isLogger(logger)) return new Log(sinkFor(logger), logLevel)
  const text = `logger must have error(), warn() and info(), as console, pino and winston have, got ${describe(logger)}`
  throw new MetricsError('OPTION_INVALID', text)
}

/** Returns the text of an error. */
export function textOf(fault: unknown): string {
  return maskCredentials(reasonOf(fault))
}
