import { maskCredentials } from '../model/mask-credentials.js'

/** Where the supervisor and its managers say what happens: `console` is one. */
export interface Logger {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** Lines on the standard error, as programs under systemd and Docker write them: the output is the application's. */
export const standardLogger: Logger = {
  info: (message) => write(message),
  warn: (message) => write(message),
  error: (message) => write(message),
}

function write(message: string): void {
  outlive(process.stderr)
  process.stderr.write(`promhive: ${maskCredentials(message)}\n`)
}

/** Has nobody end for a line that nobody gets: who closes the other end (`| head -1`, a terminal) means no more than that. */
export function outlive(stream: NodeJS.WriteStream): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
}

function ignore(): void {}

/** What went wrong, in words. */
export function textOf(fault: unknown): string {
  return maskCredentials(fault instanceof Error ? fault.message : String(fault))
}
