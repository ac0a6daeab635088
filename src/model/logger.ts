import { isPromiseLike } from './promise-like.js'
import { inLine } from './terminal-text.js'

/** The log levels; each includes the ones before it. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const logFormats = ['plain', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

/** Fields of a log line: `{ event: 'workerReady', worker: 1, workerPid: 4711 }`. */
export type LogFields = Readonly<Record<string, unknown>>

/** A log, as promhive and hooks use it: the message first, then fields for programs. */
export interface Logger {
  error(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  debug?(message: string, fields?: LogFields): void
}

/** A logger of the application: pino, winston, `console`, or any object with these methods. */
export interface GivenLogger {
  error(...args: never[]): unknown
  warn(...args: never[]): unknown
  info(...args: never[]): unknown
  debug?(...args: never[]): unknown
}

/** Methods by which the logger of a library is recognised. */
interface LibraryMethods {
  readonly child?: unknown
  /** Of pino. */
  readonly bindings?: unknown
  /** Of bunyan. */
  readonly addStream?: unknown
  /** Of `console`. */
  readonly table?: unknown
  readonly dir?: unknown
}

/** Writes one log line. */
export type LogSink = (level: LogLevel, message: string, fields: LogFields) => unknown

/** A log of one level. Errors of its sink are ignored. */
export class Log implements Required<Logger> {
  constructor(
    private readonly sink: LogSink,
    readonly level: LogLevel,
  ) {}

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields)
  }

  private write(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (logLevels.indexOf(level) > logLevels.indexOf(this.level)) return
    try {
      const written = this.sink(level, message, fields)
      // A logger may be async: its rejection must not end the process.
      if (isPromiseLike(written)) written.then(undefined, () => {})
    } catch {
      // A throwing logger must not break what it logs.
    }
  }
}

/**
 * Returns a sink that writes to a logger of the application, with its order of arguments: the fields first for pino and
 * bunyan, the message first for winston and any other, only the message for `console`.
 */
export function sinkFor(logger: GivenLogger): LogSink {
  const library: GivenLogger & LibraryMethods = logger
  const factsFirst = isFunction(library.child) && (isFunction(library.bindings) || isFunction(library.addStream))
  const isConsole = isFunction(library.table) && isFunction(library.dir)
  return (level, message, fields) => {
    const args = isConsole ? [`promhive: ${message}`] : factsFirst ? [fields, message] : [message, fields]
    const method = isFunction(logger[level]) ? logger[level] : logger.info
    return Reflect.apply(method, logger, args)
  }
}

/** Returns whether a value has the methods of a logger. */
export function isLogger(value: unknown): value is GivenLogger {
  const logger: Readonly<Record<string, unknown>> = Object(value)
  return ['error', 'warn', 'info'].every((method) => isFunction(logger[method]))
}

/**
 * Returns a plain line: `promhive: 2 workers from now on`. At `debug`, all processes of an application log, so the line
 * names this one. A message may quote another program, so control characters and line breaks are escaped.
 */
export function plainLine(level: LogLevel, message: string, pid: number): string {
  return `promhive: ${level === 'debug' ? `debug ${pid}: ` : ''}${inLine(message)}\n`
}

/** Returns a JSON line: an object with `time`, `level`, `name`, `pid`, `message` and the fields. */
export function jsonLine(level: LogLevel, message: string, fields: LogFields, time: Date, pid: number): string {
  const head = { time: time.toISOString(), level, name: 'promhive', pid, message }
  return `${JSON.stringify({ ...head, ...fields, ...head })}\n`
}

function isFunction(value: unknown): value is (...args: never[]) => unknown {
  return typeof value === 'function'
}
