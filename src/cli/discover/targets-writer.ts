import type { AnnouncedTarget } from '../../export/discovery/announcement.js'
import { targetGroups } from '../../export/discovery/target-groups.js'
import { ReplacedFile } from '../../export/replaced-file.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'

/** Milliseconds in which changes are written together. */
const together = 100
/** Milliseconds after which a failed write is repeated. */
const retryAfter = 5_000

interface WriterEvents {
  onError(error: MetricsError): void
  onRecovered(): void
}

/** Writes targets into a file for file_sd whenever they differ from what is there. */
export class TargetsWriter {
  private readonly file: ReplacedFile
  private targets: (() => readonly AnnouncedTarget[]) | undefined
  private timer: NodeJS.Timeout | undefined
  private failed = false
  /** Whether the timer is that for repeating a failed write. */
  private repeats = false

  constructor(
    private readonly path: string,
    private readonly events: WriterEvents,
  ) {
    this.file = ReplacedFile.behindLinks(path)
  }

  /** Writes the targets soon, together with changes that follow. */
  write(targets: () => readonly AnnouncedTarget[]): void {
    this.targets = targets
    if (this.timer !== undefined && !this.repeats) return
    clearTimeout(this.timer)
    this.repeats = false
    this.timer = setTimeout(() => this.attempt(), together)
  }

  /**
   * Writes what is to be written.
   *
   * @throws MetricsError `DISCOVERY_FAILED`
   */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.targets === undefined) return
    const text = targetGroups(this.targets())
    try {
      if (this.file.content() !== text) this.file.replace(text)
    } catch (cause) {
      throw new MetricsError('DISCOVERY_FAILED', `the targets cannot be written to ${this.path}: ${reasonOf(cause)}`, {
        cause,
      })
    }
  }

  private attempt(): void {
    try {
      this.flush()
      if (this.failed) this.events.onRecovered()
      this.failed = false
    } catch (cause) {
      if (!this.failed) this.events.onError(cause as MetricsError)
      this.failed = true
      this.repeats = true
      this.timer = setTimeout(() => this.attempt(), retryAfter)
    }
  }
}
