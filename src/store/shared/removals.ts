import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Binding } from '#native'
import { MetricsError } from '../../model/errors.js'
import { type LabelFilter, labelFilterFrom } from '../../model/series-key.js'
import {
  closeQuietly,
  codeOf,
  createFile,
  freeName,
  readAt,
  removeQuietly,
  sleepSync,
  unlockQuietly,
  writeAt,
} from './files.js'
import { controlAt, headerSize, removalsByte, removalsLockName } from './format.js'
import { isUsable } from './ownership.js'
import { checkedLine, checkedText } from './series-lines.js'

/** Series that somebody removed for the whole application. */
export interface Removal {
  readonly registry: string
  readonly name: string
  /** Which series of the family: those whose labels have these values; all when empty. */
  readonly labels: LabelFilter
}

/** How much the removals may take before nothing more is removed: only a writer that hangs for hours lets them grow. */
const largest = 16 * 1024 * 1024
const lockPatience = 1000
/** Milliseconds after which the lock file of a process without the addon is taken for forgotten. */
const lockForgotten = 5000

/**
 * What was removed from the application, in order, behind the head of the control file.
 *
 * Who removes series adds a line and turns the gate. Each writer takes the lines that it has not seen before it next
 * opens a series; until then readers leave out what the lines name. So the next scrape anywhere shows the removal, be the
 * writers idle, blocked or dead. Positions only grow; the file begins again when every writer has come to the end.
 */
export class Removals {
  private readonly positions = new Float64Array(2)

  constructor(
    private readonly directory: string,
    private readonly fd: number,
    private readonly binding: Binding | undefined,
  ) {}

  /** The position behind the last removal. */
  end(): number {
    this.readPositions()
    return this.positions[1]!
  }

  /** What was removed from a position on. */
  since(position: number): { readonly removals: readonly Removal[]; readonly end: number } {
    this.readPositions()
    const [base, end] = this.positions as unknown as [number, number]
    const from = Math.max(position, base)
    if (from >= end || end - base > largest * 2) return { removals: [], end }
    const bytes = Buffer.alloc(end - from)
    const got = readAt(this.fd, bytes, bytes.length, headerSize + from - base)
    return { removals: linesOf(bytes.subarray(0, got)).flatMap(removalFrom), end }
  }

  /** Tells everybody. Throws `REMOVE_FAILED` when it cannot: the series stay. */
  append(removal: Removal, caughtUp: (end: number) => boolean): void {
    const { registry, name, labels } = removal
    const line = checkedLine(`r ${JSON.stringify([registry, name, labels])}`)
    this.locked(name, () => {
      this.readPositions()
      let [base, end] = this.positions as unknown as [number, number]
      if (end - base > largest / 512 && caughtUp(end)) {
        base = end
        this.write(controlAt.base, end)
      }
      if (end - base + line.length > largest)
        throw removeFailed(name, 'a writer has not taken notice of 16 MiB of earlier ones')
      writeAt(this.fd, line, headerSize + end - base)
      this.write(controlAt.end, end + line.length)
    })
  }

  private readPositions(): void {
    readAt(this.fd, new Uint8Array(this.positions.buffer), 16, controlAt.base)
    const [base, end] = this.positions as unknown as [number, number]
    // What a damaged file tells is not believed: then nothing was removed.
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(end) || base < 0 || base > end) this.positions.fill(0)
  }

  private write(at: number, position: number): void {
    writeAt(this.fd, new Uint8Array(Float64Array.of(position).buffer), at)
  }

  private locked(name: string, work: () => void): void {
    const until = Date.now() + lockPatience
    let held = false
    try {
      while (!(held = this.tryLock())) {
        if (Date.now() > until) throw removeFailed(name, 'another process has held the lock on removals for a second')
        sleepSync(1)
      }
      work()
    } catch (cause) {
      throw cause instanceof MetricsError ? cause : removeFailed(name, codeOf(cause), cause)
    } finally {
      if (held) this.unlock()
    }
  }

  private tryLock(): boolean {
    if (this.binding !== undefined) return this.binding.lock(this.fd, removalsByte, 2)
    const path = join(this.directory, removalsLockName)
    try {
      closeQuietly(createFile(path))
      return true
    } catch {
      const made = lstatSync(path, { throwIfNoEntry: false })
      if (made !== undefined && (!isUsable(path) || Date.now() - made.mtimeMs > lockForgotten)) freeName(path)
      return false
    }
  }

  private unlock(): void {
    if (this.binding !== undefined) unlockQuietly(this.binding, this.fd, removalsByte)
    else removeQuietly(join(this.directory, removalsLockName))
  }
}

export function removeFailed(name: string, why: string, cause?: unknown): MetricsError {
  return new MetricsError(
    'REMOVE_FAILED',
    `series of ${name} could not be removed for the whole application: ${why}; try again`,
    { cause },
  )
}

function linesOf(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    if (end < 0) break
    const text = checkedText(bytes, from, end)
    if (text !== undefined) texts.push(text)
    from = end + 1
  }
  return texts
}

function removalFrom(text: string): Removal[] {
  if (!text.startsWith('r ')) return []
  try {
    const [registry, name, filter] = JSON.parse(text.slice(2)) as unknown[]
    const labels = labelFilterFrom(filter)
    if (typeof registry !== 'string' || typeof name !== 'string' || labels === undefined) return []
    return [{ registry, name, labels }]
  } catch {
    // The line is whole, but no writer of this version wrote it: it removes nothing.
    return []
  }
}
