import type { AnnouncedTarget, Announcement, AnnouncementEvents } from '../../export/discovery/announcement.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import type { Binding } from '../../platform/addon.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import { sweepTargets, TargetFile } from '../../store/shared/target-file.js'

/** Milliseconds between two signs of life. */
const interval = 1000
/** Milliseconds for which the announcement of a dead process stays, for its successor. */
const keptFor = 60_000
/** The number of signs of life between two searches for announcements of dead processes. */
const sweepEvery = 10

/** Announces the target of this process in the shared directory, from which http_sd and file_sd read. */
export class DirectoryAnnouncement implements Announcement {
  private file: TargetFile | undefined
  private timer: NodeJS.Timeout | undefined
  private turn = 0
  private failing: boolean | undefined

  /** @param seat returns the seat of this process, which gives the file its name */
  constructor(
    private readonly directory: string,
    private readonly seat: () => number,
    private readonly binding: Binding | undefined,
    private readonly events: AnnouncementEvents,
  ) {}

  async start(target: AnnouncedTarget): Promise<void> {
    await this.stop()
    this.file = new TargetFile(this.directory, this.seat(), this.binding)
    this.show(target)
    this.timer = setInterval(() => this.show(target), interval).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    this.file?.remove()
    this.file = undefined
    this.failing = undefined
  }

  /** Writes the announcement if it is missing, for example because the directory was wiped. */
  private show(target: AnnouncedTarget): void {
    const file = this.file!
    try {
      if (file.present) file.touch()
      else file.write(target)
      if (this.turn++ % sweepEvery === 0) sweepTargets(this.directory, this.binding, keptFor)
      if (this.failing !== false) this.events.onAnnounced()
      this.failing = false
    } catch (cause) {
      if (this.failing) return
      this.failing = true
      const text = `the target of this process cannot be announced in ${this.directory}: ${reasonOf(cause)}; promhive tries again every second`
      this.events.onError(new MetricsError('ANNOUNCE_FAILED', text, { cause, reason: 'directory' }))
    }
  }
}
