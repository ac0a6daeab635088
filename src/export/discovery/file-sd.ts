import { MetricsError } from '../../model/errors.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import type { AnnouncedTarget, Announcement, AnnouncementEvents } from './announcement.js'
import { ReplacedFile } from './replaced-file.js'
import { targetGroups } from './target-groups.js'

/** Milliseconds between two checks of the file. */
const interval = 1000
/** The number of checks in a row after which a foreign writer, or a missing target, is reported. */
const patience = 4

/** What the processes of an application share to write one file. */
export interface TargetsFile {
  readonly path: string
  /** Returns the living targets of the application. */
  targets(): readonly AnnouncedTarget[]
  /** Whether this process writes the file for all; another process does so when it ends. */
  leads(): boolean
  leave(): void
}

/**
 * Keeps a file for Prometheus' file_sd, with the living targets of the application. One of the announcing processes
 * writes it, once a second and only if the targets have changed. The file is replaced by renaming, so a reader never sees
 * a part of it.
 */
export class FileSd implements Announcement {
  private target: AnnouncedTarget | undefined
  private timer: NodeJS.Timeout | undefined
  private written: string | undefined
  private foreign = 0
  private missing = 0
  /** Whether the target was in the file at the last check; undefined before the first one. */
  private announced: boolean | undefined
  private readonly contents: ReplacedFile

  constructor(
    private readonly file: TargetsFile,
    private readonly events: AnnouncementEvents,
  ) {
    this.contents = new ReplacedFile(file.path)
  }

  async start(target: AnnouncedTarget): Promise<void> {
    this.target = target
    this.check()
    this.timer ??= setInterval(() => this.check(), interval).unref()
  }

  async stop(): Promise<void> {
    const { target } = this
    if (target === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    this.target = undefined
    this.attempt(() => {
      if (this.file.leads()) this.write(this.file.targets().filter(({ address }) => address !== target.address))
    })
    this.file.leave()
    this.announced = undefined
  }

  private check(): void {
    const { address } = this.target!
    this.attempt(() => {
      if (this.file.leads()) this.write(this.file.targets())
      const listed = this.contents.content()?.includes(JSON.stringify(address)) ?? false
      this.missing = listed ? 0 : this.missing + 1
      if (listed && this.announced !== true) this.events.onAnnounced()
      if (listed) this.announced = true
      else if (this.missing >= patience) throw new Error(`it does not list ${address}, the target of this process`)
    })
  }

  private write(targets: readonly AnnouncedTarget[]): void {
    const text = targetGroups(targets)
    const present = this.contents.content()
    this.foreign = this.written === undefined || present === this.written ? 0 : this.foreign + 1
    if (present !== text) this.contents.replace(text)
    this.written = text
    if (this.foreign < patience) return
    throw new Error('another application writes it as well; give each application a file of its own')
  }

  /** Reports the first error of an outage. */
  private attempt(work: () => void): void {
    try {
      work()
    } catch (cause) {
      if (this.announced === false) return
      this.announced = false
      const why = cause instanceof Error ? cause.message : String(cause)
      const text = `the targets file ${this.file.path} cannot be kept up to date: ${why}. ${advice(cause)}promhive tries again every second`
      this.events.onError(new MetricsError('ANNOUNCE_FAILED', text, { cause }))
    }
  }
}

function advice(cause: unknown): string {
  const { code } = Object(cause) as NodeJS.ErrnoException
  if (code === 'ENOENT') return 'Create its directory. '
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
    ? 'Let the user of the application write to its directory. '
    : ''
}
