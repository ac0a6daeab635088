import type { Announcement, AnnouncementEvents } from '../../export/discovery/announcement.js'
import { openPorts } from '../../export/http/open-ports.js'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import { holdAwaited } from '../../platform/held.js'
import type { ExportingProcess } from '../exporters/exporting-process.js'

interface CurrentTarget {
  readonly address: string
  readonly announcement: Announcement
  announced: boolean
  failing: boolean
}

/** Announces targets from this thread, and shows in the self-metrics whether that succeeds. */
export class AnnouncedTargets {
  private readonly current = new Map<string, CurrentTarget>()
  private stopFollowing: (() => void) | undefined
  private readonly atEnd = (): void => void this.stop()

  static {
    holdAwaited(AnnouncedTargets.prototype, 'stop')
  }

  /**
   * @param home the process that announces, which receives faults
   * @param by the name of the announcement in the self-metrics
   * @param create creates the announcement of a target
   */
  constructor(
    private readonly home: ExportingProcess,
    private readonly by: string,
    private readonly create: (events: AnnouncementEvents) => Announcement,
  ) {
    process.once('beforeExit', this.atEnd)
  }

  get addresses(): readonly string[] {
    return [...this.current.values()].map(({ address }) => address)
  }

  get announced(): boolean {
    return this.current.size > 0 && [...this.current.values()].every((target) => target.announced)
  }

  /** Announces the metrics ports of this process, each while it is open. */
  follow(targetOf: (url: string) => AnnouncedTarget): void {
    this.stopFollowing = openPorts().watch((urls) => this.announce(urls.map(targetOf)))
  }

  /** Announces these targets, and withdraws the others. */
  announce(targets: readonly AnnouncedTarget[]): void {
    const ids = new Set(targets.map(({ id }) => id))
    for (const [id, { announcement }] of this.current) {
      if (ids.has(id)) continue
      this.current.delete(id)
      void announcement.stop()
    }
    for (const target of targets) if (!this.current.has(target.id)) this.add(target)
  }

  async stop(): Promise<void> {
    process.off('beforeExit', this.atEnd)
    this.stopFollowing?.()
    const announcements = [...this.current.values()].map(({ announcement }) => announcement)
    this.current.clear()
    await Promise.all(announcements.map((announcement) => announcement.stop()))
    this.home.announcements.set(this.by, false)
  }

  private add(target: AnnouncedTarget): void {
    const { home, by } = this
    const { id, address } = target
    const announcement = this.create({
      onAnnounced: () => {
        current.announced = true
        home.announcements.set(by, this.announced)
        if (current.failing) home.recovered(by, `the target ${address} is announced again`)
        current.failing = false
      },
      onError(error) {
        current.announced = false
        current.failing = true
        home.announcements.failed(by)
        home.onError(error)
      },
    })
    const current: CurrentTarget = { address, announcement, announced: false, failing: false }
    this.current.set(id, current)
    void announcement.start(target)
  }
}
