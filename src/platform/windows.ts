import { renameSync, rmSync } from 'node:fs'
import { setTimeout } from './timers.js'

/** Whether this process runs on Windows: without users as numbers, /proc, and files that can be removed while in use. */
export const onWindows = process.platform === 'win32'

/** The number of attempts to replace a file that a program has open, and the milliseconds between two of them. */
const attempts = 20
const pause = 10

/**
 * Renames a file, also to the name of an existing one. On Windows, a program that reads the existing file, such as a virus
 * scanner, prevents that: there, it is tried again for 200 ms.
 */
export function renameRepeatedly(from: string, to: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(from, to)
      return
    } catch (cause) {
      if (attempt === attempts || !isInUse(cause)) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
    }
  }
}

/** The same without blocking the event loop. */
export async function renameWhenFree(from: string, to: string): Promise<void> {
  const { rename } = process.getBuiltinModule('node:fs/promises')
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to)
      return
    } catch (cause) {
      if (attempt === attempts || !isInUse(cause)) throw cause
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

/**
 * Removes a folder and what it contains. On Windows, files that a process has open, or maps until it ends, stay; a later
 * process removes them with the folder.
 */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (cause) {
    if (!isInUse(cause) && !isNotEmpty(cause)) throw cause
  }
}

/** A file inside is about to be removed. */
function isNotEmpty(cause: unknown): boolean {
  return onWindows && (cause as NodeJS.ErrnoException).code === 'ENOTEMPTY'
}

function isInUse(cause: unknown): boolean {
  return onWindows && ['EPERM', 'EACCES', 'EBUSY'].includes((cause as NodeJS.ErrnoException).code ?? '')
}
