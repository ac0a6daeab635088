import type { Log } from '../../model/logger.js'
import { type GivenLogger, logOf } from '../../supervisor/log.js'
import type { Configuration } from '../../supervisor/settings/configuration.js'
import { logConfiguration } from '../../supervisor/settings/explain.js'
import { processContext } from '../current-context.js'
import { warnOfUnusedVariables } from '../unused-variables.js'

/** Opens the log of a supervisor, which its process uses as well. */
export function openLog(configuration: Configuration, logger: GivenLogger | undefined): Log {
  const log = logOf(configuration.settings, logger)
  processContext().log.adopt(log, logger === undefined && configuration.settings.logFormat === 'plain')
  logConfiguration(configuration, log)
  // The log of the configuration reports its own settings.
  warnOfUnusedVariables(processContext().log, 'address')
  return log
}
