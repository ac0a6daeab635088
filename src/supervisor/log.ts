import { standardLog } from '../export/log-output.js'
import { MetricsError } from '../model/errors.js'
import { type GivenLogger, isLogger, Log, sinkFor } from '../model/logger.js'
import { maskCredentials } from '../model/mask-credentials.js'
import { describe } from '../model/metric-name.js'
import type { Settings } from './settings/settings.js'

export type { GivenLogger, Logger } from '../model/logger.js'

/** The log of what is used without a supervisor: plain lines, down to `info`. */
export const standardLogger = standardLog('info', 'plain')

/**
 * Returns the log of a supervisor: the logger that it was given, or the standard error; up to the level of the settings.
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

/** What went wrong, in words. */
export function textOf(fault: unknown): string {
  return maskCredentials(fault instanceof Error ? fault.message : String(fault))
}
