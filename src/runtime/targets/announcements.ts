import { createHash } from 'node:crypto'
import type { Announcement, AnnouncementEvents } from '../../export/discovery/announcement.js'
import { EtcdAnnouncement } from '../../export/discovery/etcd/etcd-announcement.js'
import { FileSd } from '../../export/discovery/file-sd.js'
import type { Binding } from '../../platform/addon.js'
import { Leadership } from '../../store/shared/leadership.js'
import { livingTargets } from '../../store/shared/target-file.js'
import { DirectoryAnnouncement } from './directory-announcement.js'
import type { TargetSettings } from './thread-messages.js'

/** The note of a process that is about to stop writing the targets file. */
const ending = 'ending'

/** What the announcements of a target need from its thread. */
export interface AnnouncementContext {
  readonly directory: string
  readonly binding: Binding | undefined
  /** Returns the seat of the process. */
  readonly seat: () => number
  /** Returns where an announcement reports to, under its name in the self-metrics. */
  readonly events: (by: string) => AnnouncementEvents
}

/** Creates the announcements of a target. That in the directory is the first, because file_sd reads from it. */
export function announcementsOf(
  { fileSd, etcd }: TargetSettings,
  { directory, binding, seat, events }: AnnouncementContext,
): readonly Announcement[] {
  const announcements: Announcement[] = [new DirectoryAnnouncement(directory, seat, binding, events('directory'))]
  if (fileSd !== undefined) {
    // Processes that write different files do not wait for each other.
    const task = `targets-${createHash('sha256').update(fileSd).digest('hex').slice(0, 16)}`
    const leadership = new Leadership(directory, binding, task)
    const file = {
      path: fileSd,
      targets: () => livingTargets(directory, binding),
      leads: () => leadership.held(),
      setEnding: (isEnding: boolean) => leadership.leaveNote(isEnding ? ending : ''),
      isEnding: () => leadership.note() === ending,
      leave: () => leadership.leave(),
    }
    announcements.push(new FileSd(file, events('file_sd')))
  }
  if (etcd !== undefined) announcements.push(new EtcdAnnouncement(etcd, events('etcd')))
  return announcements
}
