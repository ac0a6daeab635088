import { MetricsError, reasonOf } from '../../model/errors.js'
import { clearInterval, monotonicNow, setInterval, setTimeout } from '../../platform/timers.js'
import { ReplacedFile } from '../replaced-file.js'
import type { AnnouncedTarget, Announcement, AnnouncementEvents } from './announcement.js'
import { targetGroups } from './target-groups.js'

/** Milliseconds between two checks of the file. */
const interval = 1000
/** The number of checks in a row after which a second writer, or a missing target, is reported. */
const tolerated = 4
/** Milliseconds that a process that stops waits for another one that stops writing. */
const lastWait = 400

/** What the processes of an application share to write one file. */
export interface TargetsFile {
  readonly path: string
  /** Returns the living targets of the application. */
  targets(): readonly AnnouncedTarget[]
  /** Whether this process writes the file for all; another process does so when it ends. */
  leads(): boolean
  /** Shows that the process that writes the file is about to stop, or that its successor continues. */
  setEnding(isEnding: boolean): void
  /** Whether the process that writes the file is about to stop. */
  isEnding(): boolean
  leave(): void
}

/**
 * Keeps a file for Prometheus' file_sd, with the living targets of the application. One of the announcing processes
 * writes it, at most once a second and only if the targets have changed. The file is replaced by renaming, so a reader
 * never sees a part of it.
 */
export class FileSd implements Announcement {
  private readonly content: ReplacedFile
  private target: AnnouncedTarget | undefined
  private timer: NodeJS.Timeout | undefined
  /** What this process has written last. */
  private written: string | undefined
  /** How often in a row the file had another content than this process has written. */
  private overwritten = 0
  /** How often in a row the file did not list the target. */
  private missing = 0
  /** Whether the file listed the target at the last check; undefined before the first one. */
  private announced: boolean | undefined

  /** @param every milliseconds between two checks of the file */
  constructor(
    private readonly file: TargetsFile,
    private readonly events: AnnouncementEvents,
    private readonly every = interval,
  ) {
    this.content = ReplacedFile.behindLinks(file.path)
  }

  async start(target: AnnouncedTarget): Promise<void> {
    this.target = target
    this.announced = undefined
    this.check(target)
    clearInterval(this.timer)
    this.timer = setInterval(() => this.check(target), this.every).unref()
  }

  async stop(): Promise<void> {
    const { target } = this
    if (target === undefined) return
    clearInterval(this.timer)
    this.target = undefined
    const until = monotonicNow() + lastWait
    while (!this.withdraw(target) && monotonicNow() < until) await new Promise((resolve) => setTimeout(resolve, 10))
    this.file.leave()
  }

  /**
   * Writes the file without the target. Returns false if another process writes the file, and has begun to stop, so that
   * it may not notice the end of this target any more.
   */
  private withdraw({ address }: AnnouncedTarget): boolean {
    let done = true
    this.attempt(() => {
      if (this.file.leads()) {
        this.file.setEnding(true)
        this.write(this.file.targets().filter((target) => target.address !== address))
      } else done = !this.file.isEnding()
    })
    return done
  }

  private check({ address }: AnnouncedTarget): void {
    this.attempt(() => {
      if (this.file.leads()) {
        if (this.file.isEnding()) this.file.setEnding(false)
        this.write(this.file.targets())
      }
      const listed = this.content.content()?.includes(JSON.stringify(address)) === true
      this.missing = listed ? 0 : this.missing + 1
      if (this.missing > tolerated) throw new Error(`it does not list ${address}, the target of this process`)
      if (!listed || this.announced) return
      this.announced = true
      this.events.onAnnounced()
    })
  }

  private write(targets: readonly AnnouncedTarget[]): void {
    const text = targetGroups(targets)
    const present = this.content.content()
    this.overwritten = this.written === undefined || present === this.written ? 0 : this.overwritten + 1
    if (present !== text) this.content.replace(text)
    this.written = text
    if (this.overwritten <= tolerated) return
    throw new Error('another application writes it as well. Give each application a file of its own')
  }

  /** Reports the first error of an outage. */
  private attempt(work: () => void): void {
    try {
      work()
    } catch (cause) {
      if (this.announced === false) return
      this.announced = false
      const text = `the targets file ${this.file.path} cannot be kept up to date: ${reasonOf(cause)}${advice(cause)}; promhive tries again every second`
      this.events.onError(new MetricsError('ANNOUNCE_FAILED', text, { cause, reason: 'file_sd' }))
    }
  }
}

function advice(cause: unknown): string {
  const { code } = Object(cause) as NodeJS.ErrnoException
  if (code === 'ENOENT') return '. Create its directory'
  const denied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
  return denied ? '. Let the user of the application write to its directory' : ''
}
