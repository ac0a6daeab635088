import { MetricsError, reasonOf } from '../../model/errors.js'
import { clearInterval, setInterval } from '../../platform/timers.js'

/** Milliseconds until a directory that could not be joined is tried again. */
const interval = 10_000

/** Codes of temporary errors: other processes count in the directory meanwhile, and are not shown. */
const passing = ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN']

/**
 * A directory that this process could not join because of a temporary error. The process counts alone, and tries again
 * every ten seconds and before each scrape; its counts then move there. After any other error, it continues alone.
 */
export class RefusedDirectory {
  /** Whether a retry is running, whose errors were reported before. */
  retrying = false
  private directory: string | undefined
  private fault: MetricsError | undefined
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly join: (directory: string) => void) {}

  add(directory: string, fault: MetricsError): void {
    this.clear()
    if (!passing.includes(codeOf(fault.cause))) return
    this.directory = directory
    this.fault = fault
    this.timer = setInterval(() => this.retry(), interval).unref()
  }

  retry(): void {
    if (this.directory === undefined) return
    this.retrying = true
    try {
      this.join(this.directory)
    } catch {
      // A strict retry: the error was thrown, or reported, the first time.
    } finally {
      this.retrying = false
    }
  }

  /** Called when this process counts somewhere else. */
  clear(): void {
    this.directory = undefined
    this.fault = undefined
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** The reason why the numbers of other processes are missing; undefined if this process counts alone on purpose. */
  get incomplete(): MetricsError | undefined {
    return this.fault
  }
}

/** Returns the error for a directory that this process could not join. */
export function directoryFault(cause: unknown, consequence = ''): MetricsError {
  return new MetricsError('DIRECTORY_UNUSABLE', `${reasonOf(cause)}${consequence}`, { cause })
}

/** Returns the code of a system error, or of one that caused an error of promhive. */
function codeOf(cause: unknown): string {
  const { code, cause: inner } = Object(cause) as { readonly code?: string; readonly cause?: unknown }
  return cause instanceof MetricsError ? codeOf(inner) : (code ?? '')
}
