import { jsonLine, Log, type LogFormat, type LogLevel, plainLine } from '../model/logger.js'
import { maskCredentials } from '../model/mask-credentials.js'

/**
 * Returns a log to standard error, as programs under systemd and Docker log; standard output belongs to the
 * application.
 */
export function standardLog(level: LogLevel, format: LogFormat): Log {
  return new Log((of, message, fields) => {
    outlive(process.stderr)
    const line =
      format === 'json'
        ? jsonLine(of, maskCredentials(message), fields, new Date(), process.pid)
        : plainLine(of, maskCredentials(message), process.pid)
    process.stderr.write(line)
  }, level)
}

/**
 * Keeps the process running when the other end of a stream is closed (`| head -1`, a terminal), and ignores lost lines.
 */
export function outlive(stream: NodeJS.WriteStream): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
}

function ignore(): void {}
