import { fstatSync, futimesSync, readdirSync, renameSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import type { Binding } from '../../platform/addon.js'
import { hasProc } from '../../platform/proc.js'
import { systemNow } from '../../platform/system-time.js'
import { fileSystemOf } from './file-system.js'
import {
  closeQuietly,
  createFile,
  freeName,
  isGone,
  openForReading,
  readAt,
  removeQuietly,
  unfinishedPath,
  writeAt,
} from './files.js'
import { isTargetName, kinds, ownerByte, targetName } from './format.js'
import type { OwnerFacts } from './head.js'
import { Liveness, ownerLives } from './liveness.js'
import { ownerIn } from './process-facts.js'
import { replaceFile } from './replaced-files.js'

/** The maximum size of a valid announcement, in bytes. */
const largest = 64 * 1024

/** The content of an announcement. */
interface Announced {
  readonly address: string
  readonly labels: Readonly<Record<string, string>>
  readonly owner: OwnerFacts
  /** Whether the process holds a lock on the file for as long as it lives. */
  readonly locked: boolean
}

/**
 * The announcement of the target of this process, in the shared directory: a file that is valid while the process lives.
 * With the addon, the process holds a lock on it, which the kernel releases when the process ends. Without the addon, the
 * process is recognised by its pid and start time, or by when it last touched the file.
 */
export class TargetFile {
  readonly path: string
  private readonly binding: Binding | undefined
  private fd: number | undefined

  /** @param seat the seat of the process, which gives the file its name */
  constructor(
    private readonly directory: string,
    seat: number,
    binding: Binding | undefined,
  ) {
    this.path = join(directory, targetName(seat))
    this.binding = lockingIn(directory, binding)
  }

  /** Writes the announcement, and replaces that of the previous owner of the seat. Throws the error of the disk. */
  write({ address, labels }: AnnouncedTarget): void {
    const unfinished = unfinishedPath(this.directory)
    const fd = createFile(unfinished)
    try {
      // A lock shows that the process lives only where locks can be seen.
      const locked = this.binding !== undefined && hasProc()
      const owner = ownerIn(this.directory, locked ? kinds.mapped : kinds.buffered)
      const content: Announced = { address, labels, owner, locked }
      writeAt(fd, Buffer.from(JSON.stringify(content)), 0)
      this.binding?.lock(fd, ownerByte, 2)
      moveTo(unfinished, this.path)
    } catch (cause) {
      closeQuietly(fd)
      removeQuietly(unfinished)
      throw cause
    }
    this.close()
    this.fd = fd
  }

  /** Whether the announcement is still in the directory. */
  get present(): boolean {
    return this.fd !== undefined && !isGone(this.fd, this.path)
  }

  /** Shows that the process lives. Called every second. */
  touch(): void {
    const now = systemNow() / 1000
    if (this.fd !== undefined) futimesSync(this.fd, now, now)
  }

  /** Removes the announcement, unless another process has replaced it. */
  remove(): void {
    if (this.present) removeQuietly(this.path)
    this.close()
  }

  private close(): void {
    if (this.fd !== undefined) closeQuietly(this.fd)
    this.fd = undefined
  }
}

/**
 * Returns the targets of all living processes in a directory, by address. Files that are not announcements are omitted.
 * Throws the error of the disk if the directory cannot be listed.
 */
export function livingTargets(directory: string, binding: Binding | undefined): readonly AnnouncedTarget[] {
  const liveness = new Liveness(directory, binding)
  const byAddress = new Map<string, AnnouncedTarget>()
  for (const { announced, fd, file } of announcements(directory)) {
    if (!lives(announced, fd, file, directory, liveness)) continue
    const { address, labels } = announced
    byAddress.set(address, { id: address, address, labels })
  }
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
}

/** Returns the address that the previous owner of a seat announced; undefined if there is none. */
export function previousAddress(directory: string, seat: number): string | undefined {
  for (const { name, announced } of announcements(directory)) {
    if (name === targetName(seat)) return announced.address
  }
  return undefined
}

/**
 * Removes the announcements of dead processes. Each stays for a while, because the next owner of the seat reads from it
 * which port its predecessor had.
 *
 * @param age milliseconds since the last sign of life
 */
export function sweepTargets(directory: string, binding: Binding | undefined, age: number): void {
  const liveness = new Liveness(directory, binding)
  for (const { name, announced, fd, file } of announcements(directory)) {
    if (systemNow() - file.mtimeMs < age || lives(announced, fd, file, directory, liveness)) continue
    const path = join(directory, name)
    // If a process replaces it in between, its new announcement is removed, and it writes that again within a second.
    if (!isGone(fd, path)) removeQuietly(path)
  }
}

/** Iterates over the announcements in a directory, each with its open file, which is closed afterwards. */
function* announcements(
  directory: string,
): Generator<{ name: string; announced: Announced; fd: number; file: Stats }, void> {
  for (const name of readdirSync(directory).filter(isTargetName)) {
    let fd: number | undefined
    try {
      fd = openForReading(join(directory, name))
      const file = fstatSync(fd)
      const announced = contentOf(fd, file.size)
      if (announced !== undefined) yield { name, announced, fd, file }
    } catch {
      // Removed meanwhile, or no file of this application.
    } finally {
      if (fd !== undefined) closeQuietly(fd)
    }
  }
}

function contentOf(fd: number, size: number): Announced | undefined {
  if (size > largest) return undefined
  const bytes = Buffer.alloc(size)
  const content = JSON.parse(bytes.toString('utf8', 0, readAt(fd, bytes, size, 0))) as Announced
  const { address, labels, owner } = content
  const valid = typeof address === 'string' && typeof labels === 'object' && typeof owner?.pid === 'number'
  return valid && Object.values(labels).every((value) => typeof value === 'string') ? content : undefined
}

function lives({ owner, locked }: Announced, fd: number, file: Stats, directory: string, liveness: Liveness): boolean {
  if (locked) return liveness.held(fd, file)
  return ownerLives(directory, owner, file)
}

/** Returns the addon if locks of files in the directory are reliable. */
function lockingIn(directory: string, binding: Binding | undefined): Binding | undefined {
  return fileSystemOf(directory).kind === 'network' ? undefined : binding
}

/** Renames a file. An entry of the new name that is not a file, such as a folder, is renamed first. */
function moveTo(unfinished: string, path: string): void {
  try {
    replaceFile(unfinished, path)
  } catch (cause) {
    if (!freeName(path)) throw cause
    renameSync(unfinished, path)
  }
}
