import { renameSync } from 'node:fs'
import { setTimeout } from '../../platform/timers.js'
import { onWindows } from '../../platform/windows.js'
import { codeOf, openForReading, removeQuietly } from './files.js'

/** The number of attempts to open a file that is being replaced, a millisecond apart. */
const attempts = 50

/**
 * Gives a file the name of another one, which it replaces. On Windows, a file that a process has open cannot be replaced:
 * there, it loses its name first, and for a moment there is no file of that name.
 */
export function replaceFile(unfinished: string, path: string): void {
  try {
    renameSync(unfinished, path)
  } catch (cause) {
    if (!onWindows || codeOf(cause) === 'ENOENT') throw cause
    removeQuietly(path)
    renameSync(unfinished, path)
  }
}

/** Opens a file for reading that another process may be replacing at the moment. */
export async function openReplaced(path: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return openForReading(path)
    } catch (cause) {
      if (!onWindows || attempt === attempts || !['ENOENT', 'EPERM', 'EACCES', 'EBUSY'].includes(codeOf(cause))) {
        throw cause
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}
