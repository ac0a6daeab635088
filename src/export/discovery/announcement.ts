import type { MetricsError } from '../../model/errors.js'

/** An endpoint that Prometheus can scrape, as service discovery receives it. */
export interface AnnouncedTarget {
  /**
   * Identifies the target among all announced ones. It is the address: a process that opens the port of a dead one
   * replaces the announcement of that process, so Prometheus never scrapes one endpoint twice.
   */
  readonly id: string
  /** `host:port`, as Prometheus connects to it. An IPv6 address has brackets. */
  readonly address: string
  /**
   * The labels of the target, such as `worker`. `__scheme__` and `__metrics_path__` are among them if they differ from
   * `http` and `/metrics`.
   */
  readonly labels: Readonly<Record<string, string>>
}

/** What an announcement reports. Each method returns at once. */
export interface AnnouncementEvents {
  /** Called when the target has been announced, and again after each outage. */
  onAnnounced(): void
  /** Called once per outage. The announcement keeps trying. */
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
