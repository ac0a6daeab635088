import { accessSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set()
process.on('exit', () => {
  for (const directory of made) remove(directory)
})

/** Runs `use` with a fresh directory for the shared store, in memory where the system has such a place. */
export async function withSharedDirectory(use) {
  const directory = mkdtempSync(join(place(), 'promhive-bench-'))
  made.add(directory)
  try {
    return await use(directory)
  } finally {
    remove(directory)
  }
}

/** A build that ignores the directory would be measured as something that it is not. */
export function isUsed(directory) {
  return readdirSync(directory).length > 0
}

function place() {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

function remove(directory) {
  rmSync(directory, { recursive: true, force: true })
  made.delete(directory)
}
