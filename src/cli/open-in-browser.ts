import { spawn } from 'node:child_process'
import { processEnvironment } from '../platform/process-environment.js'
import { clearTimeout, setTimeout } from '../platform/timers.js'

/** Milliseconds in which a program that cannot open a page has ended. One that runs longer is the browser itself. */
const timeout = 5_000

/** The program that opens a URL, by platform; every other one has that of freedesktop.org. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Variables of which a graphical session, or the user, sets one. */
const displays = ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER', 'WSL_DISTRO_NAME'] as const

/** Opens the page of a metrics port, which may have none; returns what the user should know about it. */
export async function openPage(pageUrl: string | undefined): Promise<string | undefined> {
  return pageUrl === undefined
    ? 'there is no page to open: no metrics port is open, or its page is off'
    : openInBrowser(pageUrl)
}

/**
 * Opens a page in the user's browser, in a process that this one does not depend on.
 *
 * @returns why that was not possible, in one line with the URL; undefined if the browser was started
 */
export function openInBrowser(url: string): Promise<string | undefined> {
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  const why = (reason: string): string => `the page could not be opened (${reason}): open ${url} in a browser`
  const headless = openers[process.platform] === undefined && !displays.some((name) => processEnvironment()[name])
  if (headless) return Promise.resolve(why('there is no display'))
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true, windowsHide: true })
    const timer = setTimeout(() => resolve(undefined), timeout).unref()
    const settle = (result: string | undefined): void => {
      clearTimeout(timer)
      resolve(result)
    }
    child.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      settle(why(code === 'ENOENT' ? `${program} is not installed` : message)),
    )
    child.once('exit', (code, signal) => {
      settle(code === 0 ? undefined : why(`${program} ended with ${signal ?? `code ${code}`}`))
    })
    child.unref()
  })
}
