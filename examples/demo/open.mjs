import { spawn } from 'node:child_process'

const openers = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }
const displays = ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER', 'WSL_DISTRO_NAME']

/**
 * Opens a page in the browser, as promhive serve --open does. Resolves to why that was not possible; undefined if the
 * browser was started.
 */
export async function openInBrowser(url) {
  const why = (reason) => `the page could not be opened (${reason}): open ${url} in a browser`
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  if (program === 'xdg-open' && !displays.some((name) => process.env[name])) return why('there is no display')
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true, windowsHide: true })
    child.once('error', ({ code, message }) =>
      resolve(why(code === 'ENOENT' ? `${program} is not installed` : message)),
    )
    child.once('exit', (code, signal) =>
      resolve(code === 0 ? undefined : why(`${program} ended with ${signal ?? `code ${code}`}`)),
    )
    child.unref()
    // A program that still runs is the browser itself.
    setTimeout(resolve, 5_000).unref()
  })
}
