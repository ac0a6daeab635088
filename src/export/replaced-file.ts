import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { renamePatiently, renameWhenFree } from '../platform/windows.js'

/** Milliseconds after which an unfinished file belongs to a process that was killed while it wrote. */
const abandonedAfter = 60_000

const asNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** The end of the name of an unfinished file, after its prefix. */
const unfinishedEnd = /^\d+-\w+\.tmp$/

/** A file for another program, which reads it complete at every moment: it is replaced by renaming. */
export class ReplacedFile {
  private swept = false

  /** @param mode the permissions, whatever the umask of this process */
  constructor(
    private readonly path: string,
    private readonly mode = 0o644,
  ) {}

  /** Returns the file that a path leads to. Its links are followed, so that they stay. */
  static behindLinks(path: string): ReplacedFile {
    return new ReplacedFile(targetOf(path))
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

  /** Replaces the content at once, so that a process that ends can do it, and before the disk may lose power. */
  replace(text: string): void {
    this.sweep()
    const unfinished = this.unfinished()
    try {
      const fd = openSync(unfinished, asNew, this.mode)
      try {
        fchmodSync(fd, this.mode)
        writeFileSync(fd, text)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renamePatiently(unfinished, this.path)
    } catch (cause) {
      rmSync(unfinished, { force: true })
      throw cause
    }
  }

  /**
   * Replaces the content without blocking the event loop, for long content that is soon written again. It is not flushed
   * to the disk.
   *
   * @param signal keeps the present content if it aborts before the end
   */
  async replaceInPieces(chunks: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    this.sweep()
    const unfinished = this.unfinished()
    try {
      const file = await open(unfinished, asNew, this.mode)
      try {
        await file.chmod(this.mode)
        for (const chunk of chunks) await file.writeFile(chunk)
      } finally {
        await file.close()
      }
      signal.throwIfAborted()
      await renameWhenFree(unfinished, this.path)
    } catch (cause) {
      await rm(unfinished, { force: true })
      throw cause
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true })
  }

  /** Returns a name that no other process or thread has, and that a pattern such as *.json or *.prom does not match. */
  private unfinished(): string {
    return join(dirname(this.path), `${this.prefix}${process.pid}-${Math.random().toString(36).slice(2)}.tmp`)
  }

  private get prefix(): string {
    return `.${basename(this.path)}.`
  }

  /** Removes the unfinished files of processes that were killed. */
  private sweep(): void {
    if (this.swept) return
    const folder = dirname(this.path)
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(this.prefix) || !unfinishedEnd.test(name.slice(this.prefix.length))) continue
      const file = join(folder, name)
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > abandonedAfter) rmSync(file, { force: true })
    }
    this.swept = true
  }
}

function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
