import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Milliseconds after which an unfinished file belongs to a process that was killed while it wrote. */
const abandonedAfter = 60_000

/** A text file for another program, which reads it complete at every moment: it is replaced by renaming. */
export class ReplacedFile {
  /** A link is followed, so that it stays. */
  private readonly path: string
  private swept = false

  constructor(path: string) {
    this.path = targetOf(path)
  }

  /** Returns the present content; undefined if there is no file. */
  content(): string | undefined {
    try {
      return readFileSync(this.path, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw cause
    }
  }

  /** Replaces the content. Every user may read it, whatever the umask of this process. */
  replace(text: string): void {
    this.sweep()
    const unique = `${process.pid}-${Math.random().toString(36).slice(2)}`
    const unfinished = join(dirname(this.path), `${this.prefix}${unique}.tmp`)
    try {
      const fd = openSync(unfinished, 'wx', 0o644)
      try {
        fchmodSync(fd, 0o644)
        writeFileSync(fd, text)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(unfinished, this.path)
    } catch (cause) {
      rmSync(unfinished, { force: true })
      throw cause
    }
  }

  /** The beginning of the names of unfinished files, which a pattern such as *.json does not match. */
  private get prefix(): string {
    return `.${basename(this.path)}.`
  }

  /** Removes the unfinished files of processes that were killed. */
  private sweep(): void {
    if (this.swept) return
    this.swept = true
    const folder = dirname(this.path)
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(this.prefix) || !name.endsWith('.tmp')) continue
      const file = join(folder, name)
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > abandonedAfter) rmSync(file, { force: true })
    }
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
