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
  process.stderr.write(`promhive: ${message}\n`)
}

/** What went wrong, in words. */
export function textOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault)
}
