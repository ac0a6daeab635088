import { standardLog } from '../export/log-output.js'
import { MetricsError } from '../model/errors.js'
import {
  type GivenLogger,
  isLogger,
  Log,
  type LogFields,
  type LogFormat,
  type LogLevel,
  logFormats,
  logLevels,
  sinkFor,
} from '../model/logger.js'
import { describe } from '../model/metric-name.js'
import { firstSet, variables } from '../platform/environment.js'

export interface LogOptions {
  /** The logger: pino, winston, `console`, or any object with `error`, `warn` and `info`. */
  readonly logger?: GivenLogger | undefined
  /** The log level. The default is `warn`, or `info` with a logger. `PROMHIVE_LOG` does the same without code. */
  readonly logLevel?: LogLevel | undefined
}

const [variable] = variables.log

/** The log of promhive in a process of the application. By default, only warnings are logged. */
export class ProcessLog {
  private options: LogOptions = {}
  private current: Log | undefined
  /** Whether warnings are lines of the log; otherwise they are Node's process warnings. */
  private takesWarnings = false
  /** Whether lines are plain text on standard error. */
  private plain = false
  /** Whether code or the environment has chosen a level, a format or a logger. */
  private chosen = false

  /** @throws MetricsError `OPTION_INVALID` */
  configure({ logger, logLevel }: LogOptions): void {
    if (logger !== undefined && !isLogger(logger)) {
      const text = `configure: logger must have error(), warn() and info(), as console, pino and winston have, got ${describe(logger)}`
      throw new MetricsError('OPTION_INVALID', text)
    }
    if (logLevel !== undefined && !logLevels.includes(logLevel)) {
      const text = `configure: logLevel must be error, warn, info or debug, got ${describe(logLevel)}`
      throw new MetricsError('OPTION_INVALID', text)
    }
    if (logger === undefined && logLevel === undefined) return
    this.options = {
      ...this.options,
      ...(logger !== undefined && { logger }),
      ...(logLevel !== undefined && { logLevel }),
    }
    this.current = undefined
  }

  /** Logs to a supervisor's log from now on, unless code has set a logger. */
  adopt(log: Log, plain: boolean): void {
    if (this.options.logger !== undefined) return
    this.current = log
    this.chosen = true
    this.takesWarnings = true
    this.plain = plain
  }

  error(message: string, fields?: LogFields): void {
    this.log.error(message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.log.info(message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.log.debug(message, fields)
  }

  /** Logs where the process counts from now on. */
  countingIn(where: { readonly backend: string; readonly directory?: string }): void {
    const text = where.backend === 'memory' ? 'memory' : `${where.directory ?? 'its store'} (${where.backend})`
    this.debug(`counting in ${text}`, { event: 'backend', ...where })
  }

  /** Writes the start line of an application that preloads promhive: to the log if it is configured, otherwise as plain text. */
  announce(message: string, fields: LogFields): void {
    const { log } = this
    if (this.chosen) log.info(message, fields)
    else standardLog('info', 'plain').info(message, fields)
  }

  /** Reports a fault: as a log line if there is a logger or a format is set, otherwise as a process warning of Node. */
  warn(code: string, message: string, event = 'fault'): void {
    const { log } = this
    // A plain line has no other field for the code.
    if (this.takesWarnings) log.warn(this.plain ? `${message} (PROMHIVE_${code})` : message, { event, code })
    else if (log.level !== 'error') process.emitWarning(message, { type: 'promhive', code: `PROMHIVE_${code}` })
  }

  /**
   * Reports the end of an outage.
   *
   * @param warned whether the outage was logged as a warning; then its end is one too if `info` is not logged
   */
  recovered(text: string, warned: boolean): void {
    const { level } = this.log
    if (level === 'warn' && warned) this.warn('RECOVERED', text, 'recovered')
    else this.log.info(text, { event: 'recovered' })
  }

  private get log(): Log {
    return (this.current ??= this.open())
  }

  private open(): Log {
    const { logger, logLevel } = this.options
    const named = fromEnvironment()
    this.chosen = logger !== undefined || (logLevel ?? named.level ?? named.format) !== undefined
    this.takesWarnings = logger !== undefined || named.format !== undefined
    this.plain = logger === undefined && named.format === 'plain'
    if (logger !== undefined) return new Log(sinkFor(logger), logLevel ?? named.level ?? 'info')
    return standardLog(logLevel ?? named.level ?? 'warn', named.format ?? 'plain')
  }
}

/** Reads `debug`, `debug:json` or `:json`. Other values cause a warning and are ignored. */
function fromEnvironment(): { readonly level?: LogLevel | undefined; readonly format?: LogFormat | undefined } {
  const text = firstSet(variables.log)?.[1] ?? ''
  const [name = '', kind = '', ...rest] = text.split(':')
  const level = logLevels.find((each) => each === name)
  const format = logFormats.find((each) => each === kind)
  if ((level === undefined && name !== '') || (format === undefined && kind !== '') || rest.length > 0) {
    const message = `${variable} must be error, warn, info or debug, followed by ":json" for JSON, got ${describe(text)}`
    process.emitWarning(message, { type: 'promhive', code: 'PROMHIVE_OPTION_INVALID' })
  }
  return { level, format }
}
