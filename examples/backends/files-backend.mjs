// A complete backend over a folder that all processes can access, on one machine or a network share: a file per process.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SnapshotBackend } from 'promhive/backend'

export class FilesBackend extends SnapshotBackend {
  name = 'files'

  /** @param {{ folder: string } & import('promhive/backend').SnapshotBackendOptions} options */
  constructor({ folder, ...options }) {
    super(options)
    this.folder = folder
    mkdirSync(folder, { recursive: true })
  }

  /** Stores the snapshot of one process. It is renamed when it is complete, so no process reads half a file. */
  publish(writer, snapshot) {
    const fresh = join(this.folder, `${writer}.new`)
    writeFileSync(fresh, snapshot)
    renameSync(fresh, this.path(writer))
  }

  /** Returns all snapshots. A file that disappears after listing has been renamed: then list again. */
  readAll() {
    for (;;) {
      const names = readdirSync(this.folder).filter((name) => name.endsWith('.snapshot'))
      try {
        return names.map((name) => readFileSync(join(this.folder, name)))
      } catch (error) {
        if (error.code !== 'ENOENT') throw error
      }
    }
  }

  /** Passes the numbers of a dead process to a new one. If several processes try, one gets true. */
  take(dead, writer) {
    try {
      renameSync(this.path(dead), this.path(writer))
      return true
    } catch {
      return false
    }
  }

  path(writer) {
    return join(this.folder, `${writer}.snapshot`)
  }
}
