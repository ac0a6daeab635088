import { portText } from '../../export/http/port-text.js'
import type { MetricsServer } from '../../export/http/scrape-server.js'
import { loadBinding } from '../../platform/addon.js'
import { isOff, variables } from '../../platform/environment.js'
import { Leadership } from '../../store/shared/leadership.js'
import { processContext } from '../current-context.js'

/** By directory: what decides which process of the application announces its ports. */
const announcers = new Map<string, Leadership>()

/**
 * Logs the addresses of a metrics port that this process has opened: one line for the application, on standard error or to
 * its logger. Ports of further processes, and a port that moves to another process, are logged at `debug`, and so is
 * everything with `PROMHIVE_STARTUP=off`.
 *
 * @param before the beginning of the line
 */
export function announcePort(server: MetricsServer, before = ''): void {
  const { log } = processContext()
  const { url, pageUrl } = server
  const text = `${before}${portText(server)}`
  const fields = { event: 'metricsPort', url, ...(pageUrl !== undefined && { pageUrl }) }
  if (!isOff(variables.startup) && isNews(server)) log.announce(text, fields)
  else log.debug(text, fields)
}

/** Whether no other process of the application has announced a port that is still open, nor this one before. */
function isNews({ url, server }: MetricsServer): boolean {
  try {
    const { directory } = processContext().whereabouts()
    // Another backend has no place to agree, and a process that counts in memory has none to agree with.
    if (directory === undefined) return true
    let announcer = announcers.get(directory)
    if (announcer === undefined) announcers.set(directory, (announcer = announcerIn(directory)))
    // Without the addon, the first attempt makes the file.
    if (!announcer.held() && !announcer.held()) return false
    server.once('close', () => announcers.get(directory)?.leave())
    if (announcer.note() === url) return false
    announcer.leaveNote(url)
    return true
  } catch {
    // A directory in which nothing can be written: a second line is better than none.
    return true
  }
}

function announcerIn(directory: string): Leadership {
  return new Leadership(directory, loadBinding().binding, 'startup')
}
