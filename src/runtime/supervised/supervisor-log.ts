import type { Log } from '../../model/logger.js'
import { type GivenLogger, logOf } from '../../supervisor/log.js'
import type { Configuration } from '../../supervisor/settings/configuration.js'
import { logConfiguration } from '../../supervisor/settings/explain.js'
import { processHome } from '../current-context.js'

/** Opens the log of a supervisor, which its process uses as well. */
export function openLog(configuration: Configuration, logger: GivenLogger | undefined): Log {
  const log = logOf(configuration.settings, logger)
  processHome().log.adopt(log, logger !== undefined || configuration.settings.logFormat === 'json')
  logConfiguration(configuration, log)
  return log
}
