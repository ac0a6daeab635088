import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Binding } from './addon.js'
import { onWindows } from './windows.js'

/** Bytes of each of the two ranges that are reserved and mapped: not a multiple of the page size of every system. */
const rangeSize = 16 * 1024

/** Milliseconds after which the folder of a trial is not in use any more. */
const abandonedAfter = 60_000

/** The temporary file, open three times: locks of one open file do not show in it itself. */
interface Files {
  readonly first: number
  readonly second: number
  readonly readOnly: number
  /** Opens it once more. */
  another(): number
}

/** What the addon must do, in this order: each step returns whether it did. */
const steps: readonly (readonly [step: string, holds: (binding: Binding, files: Files) => boolean])[] = [
  ['reserving makes a file as long as asked', (binding, { first }) => reserves(binding, first, 0)],
  ['reserving makes a file grow', (binding, { first }) => reserves(binding, first, rangeSize)],
  ['a stored value shows in the file', (binding, files) => storesShow(binding, files, 0)],
  ['a value written to the file shows in memory', (binding, files) => writesShow(binding, files, 0)],
  ['the same in a later part of the file', (binding, files) => laterShows(binding, files)],
  ['a free byte is granted', (binding, { first }) => binding.lock(first, 0, 2)],
  ['a lock shows to a reader', (binding, { readOnly }) => binding.probe(readOnly, 0)],
  ['a lock refuses another one', (binding, { second }) => !binding.lock(second, 0, 2) && !binding.lock(second, 0, 1)],
  [
    'a lock leaves the next byte free',
    (binding, { second }) => !binding.probe(second, 1) && binding.lock(second, 1, 2),
  ],
  [
    'a lock becomes a shared one',
    (binding, { first, second }) => binding.lock(first, 0, 1) && binding.lock(second, 0, 1),
  ],
  ['a shared lock refuses an exclusive one', (binding, { second }) => !binding.lock(second, 0, 2)],
  ['a shared lock shows to a reader', (binding, { readOnly }) => binding.probe(readOnly, 0)],
  ['a released byte is free', releasedIsFree],
  ['a lock ends with the open file', endsWithFile],
]

/**
 * Tries the addon on a temporary file, and returns what it did wrong; undefined if nothing. Takes less than a millisecond.
 *
 * On systems that promhive's tests do not run on, an addon counts only after that: a wrong one would lose counts, or
 * take the file of a living process.
 */
export function addonFault(binding: Binding): string | undefined {
  let folder: string | undefined
  const open: number[] = []
  let step = 'a temporary file can be made'
  try {
    folder = newFolder()
    const path = join(folder, 'file')
    for (const flags of ['wx+', 'r+', 'r']) open.push(openSync(path, flags, 0o600))
    const [first, second, readOnly] = open as [number, number, number]
    const files = { first, second, readOnly, another: () => openSync(path, 'r+') }
    for (const [text, holds] of steps) {
      step = text
      if (!holds(binding, files)) return step
    }
    return undefined
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    return `${step} (${code ?? message})`
  } finally {
    for (const fd of open) closeSync(fd)
    if (folder !== undefined) removeQuietly(folder)
  }
}

/**
 * Windows keeps a file for as long as a process has it mapped, and so the folder for as long as this process runs. There,
 * the folders of earlier processes are removed first.
 */
function newFolder(): string {
  if (!onWindows) return mkdtempSync(join(tmpdir(), 'promhive-addon-'))
  const all = join(tmpdir(), 'promhive-addon')
  mkdirSync(all, { recursive: true })
  for (const name of readdirSync(all)) {
    const folder = join(all, name)
    if (Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > abandonedAfter)
      removeQuietly(folder)
  }
  return mkdtempSync(join(all, 'trial-'))
}

function reserves(binding: Binding, fd: number, offset: number): boolean {
  binding.reserve(fd, offset, rangeSize)
  return fstatSync(fd).size === offset + rangeSize
}

function storesShow(binding: Binding, { first, second }: Files, offset: number): boolean {
  const value = 1 + offset + Math.random()
  const mapped = new Float64Array(binding.map(first, offset, rangeSize))
  mapped[mapped.length - 1] = value
  const read = new Float64Array(1)
  readSync(second, read, 0, 8, offset + rangeSize - 8)
  return mapped.byteLength === rangeSize && read[0] === value
}

function writesShow(binding: Binding, { first, second }: Files, offset: number): boolean {
  const value = Float64Array.of(1 + offset + Math.random())
  const mapped = new Float64Array(binding.map(first, offset, rangeSize))
  writeSync(second, value, 0, 8, offset)
  return mapped[0] === value[0]
}

/** With what was written to the first part untouched. */
function laterShows(binding: Binding, files: Files): boolean {
  const before = new Float64Array(1)
  const after = new Float64Array(1)
  readSync(files.second, before, 0, 8, rangeSize - 8)
  const shows = storesShow(binding, files, rangeSize) && writesShow(binding, files, rangeSize)
  readSync(files.second, after, 0, 8, rangeSize - 8)
  return shows && before[0] === after[0]
}

function releasedIsFree(binding: Binding, { first, second, readOnly }: Files): boolean {
  binding.lock(second, 0, 0)
  const stillShared = binding.probe(readOnly, 0)
  binding.lock(first, 0, 0)
  binding.lock(second, 1, 0)
  return stillShared && !binding.probe(readOnly, 0) && !binding.probe(readOnly, 1)
}

/** As it must when a process is killed, which closes its files. */
function endsWithFile(binding: Binding, { another, readOnly }: Files): boolean {
  const fd = another()
  const held = binding.lock(fd, 0, 2) && binding.probe(readOnly, 0)
  closeSync(fd)
  return held && !binding.probe(readOnly, 0)
}

function removeQuietly(folder: string): void {
  try {
    rmSync(folder, { recursive: true })
  } catch {
    // Windows keeps a file for as long as it is mapped.
  }
}
