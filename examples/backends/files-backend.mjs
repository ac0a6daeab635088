// A whole backend over a folder that all processes see, on one machine or a network share: a file per process.
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

  /** Keeps the snapshot of one process. Renaming puts it in place whole: nobody reads half a file. */
  publish(writer, snapshot) {
    const fresh = join(this.folder, `${writer}.new`)
    writeFileSync(fresh, snapshot)
    renameSync(fresh, this.path(writer))
  }

  /** Gives everybody's. A file that went between listing and reading has another name now: then look again. */
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

  /** Gives the numbers of a process that ended to a new one: of several that try, one is told true. */
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
