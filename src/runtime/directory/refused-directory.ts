import { MetricsError } from '../../model/errors.js'
import { clearInterval, setInterval } from '../../platform/timers.js'

/** How often a directory that could not be joined is tried again, in milliseconds. */
const interval = 10_000

/** Temporary faults: other processes count in the directory meanwhile, and are not shown. */
const passing = ['EMFILE', 'ENFILE', 'ENOMEM', 'EIO', 'EAGAIN']

/**
 * The directory that this process could not join for a reason that passes: it counts by itself, and tries again every ten
 * seconds and before each scrape. What it has counted is carried there. For any other reason, it continues by itself.
 */
export class RefusedDirectory {
  /** Whether it is tried again at this moment: what fails then was reported. */
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
      // Strict by now: it was thrown, or reported, the first time.
    } finally {
      this.retrying = false
    }
  }

  /** This process counts somewhere else by now. */
  clear(): void {
    this.directory = undefined
    this.fault = undefined
    clearInterval(this.timer)
    this.timer = undefined
  }

  /** Why the numbers of other processes are missing; undefined if this process counts alone on purpose. */
  get incomplete(): MetricsError | undefined {
    return this.fault
  }
}

/** The system's error, also where it is the cause of one of promhive's. */
function codeOf(cause: unknown): string {
  const { code, cause: inner } = Object(cause) as { readonly code?: string; readonly cause?: unknown }
  return cause instanceof MetricsError ? codeOf(inner) : (code ?? '')
}
