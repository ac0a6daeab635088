import type { AnnouncedTarget } from '../../model/announced-target.js'
import type { MetricsError } from '../../model/errors.js'

export type { AnnouncedTarget }

/** What an announcement reports. Each method returns at once. */
export interface AnnouncementEvents {
  /** Called when the target has been announced, and again after each outage. */
  onAnnounced(): void
  /** Called once per outage, with `ANNOUNCE_FAILED`. The announcement keeps trying. */
  onError(error: MetricsError): void
}

/**
 * Announces one target to a service discovery, and keeps it announced until `stop()`.
 *
 * The announcements of a worker's target run in the thread of that target, so they continue while the event loop of the
 * application is blocked. Their options are plain data, because they are sent to that thread.
 */
export interface Announcement {
  /**
   * Announces the target; a second call replaces it. Resolves after the first attempt. Never rejects: a failed attempt is
   * reported to the events and repeated.
   */
  start(target: AnnouncedTarget): Promise<void>
  /** Withdraws the target. Resolves when that is done, or has failed. A second call does nothing. */
  stop(): Promise<void>
}
