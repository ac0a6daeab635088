import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, readdirSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { onWindows } from '../../platform/windows.js'
import { unusable } from '../../store/shared/directory.js'

/*
 * The folder for the default directories of this user's applications: `promhive-<uid>`, in memory if there is such a
 * file system. If another user has created a folder of that name, the first of the names `promhive-<uid>-2` to `-9`
 * that no other user owns is used, or finally a random name. All processes of the user find it again, because no other
 * user can create a folder that belongs to this one.
 */

const lastSpare = 9

/** Returns the location of directories that are created for one run. */
export function placeOfRuns(): string {
  return memoryFileSystem() ?? tmpdir()
}

/** Returns the folder for the directory `key`: the one that contains it, otherwise the one in which to create it. */
export function placeFor(key: string): string {
  const numbered = numberedPlaces()
  const existing = placeWith(key)
  if (existing !== undefined) return existing
  const free = numbered.find(isFree)
  return free ?? randomPlaces()[0] ?? mkdtempSync(`${numbered[0]}-`)
}

/** Returns the folder that contains the directory `key`; undefined if no process has created it yet. */
export function placeWith(key: string): string | undefined {
  return ownPlaces().find((place) => lstatSync(join(place, key), { throwIfNoEntry: false })?.isDirectory())
}

/** Returns all such folders of this user that no other user can change. */
export function ownPlaces(): string[] {
  return [...numberedPlaces().filter(isPrivate), ...randomPlaces()]
}

/** Whether a path is that of such a folder. */
export function isPlace(path: string): boolean {
  return dirname(path) === placeOfRuns() && nameOf().test(basename(path))
}

/**
 * Creates the folder if it does not exist. Throws `DIRECTORY_UNUSABLE` if another user can change it.
 *
 * @returns a warning if it is not the usual folder: which entry has the usual name, and what to do about it
 */
export function preparePlace(place: string): string | undefined {
  mkdirSync(place, { recursive: true, mode: 0o700 })
  if (!isPrivate(place)) throw unusable(place, whyNotPrivate(place), advice(place))
  const [usual] = numberedPlaces()
  return place === usual ? undefined : whyNotUsual(usual!, place)
}

/** Returns which entry prevents the usual folder, if there is one. */
export function placeInTheWay(): { readonly text: string; readonly advice: string } | undefined {
  const [usual] = numberedPlaces()
  if (isFree(usual!)) return undefined
  return { text: `${usual} ${whyNotPrivate(usual!)}`, advice: advice(usual!) }
}

function whyNotUsual(usual: string, place: string): string {
  const why = isFree(usual) ? 'was in the way when the application started' : whyNotPrivate(usual)
  return `${usual} ${why}: this application counts in ${place} instead; ${advice(usual)}`
}

function whyNotPrivate(place: string): string {
  const facts = lstatSync(place, { throwIfNoEntry: false })
  const user = process.geteuid?.()
  if (facts === undefined) return 'is not there'
  if (facts.uid !== user) return `belongs to user ${facts.uid}, and this process runs as user ${user}`
  if (!facts.isDirectory()) return 'is not a directory'
  return `may be written to by other users (mode ${(facts.mode & 0o7777).toString(8)})`
}

function advice(place: string): string {
  const facts = lstatSync(place, { throwIfNoEntry: false })
  const ownedByUser = facts?.uid === process.geteuid?.()
  const what = ownedByUser ? `chmod 0700 ${place}, or` : `root or user ${facts?.uid} can remove it;`
  return `${what} name a directory of this user with PROMHIVE_DIR`
}

/** Returns the numbered folders; the usual one comes first. */
function numberedPlaces(): readonly [string, ...string[]] {
  const usual = join(placeOfRuns(), `promhive-${userName()}`)
  return [usual, ...Array.from({ length: lastSpare - 1 }, (_, i) => `${usual}-${i + 2}`)]
}

/**
 * Returns the folders with random names. Called only if the last numbered name is taken, because a temporary directory
 * may have very many entries.
 */
function randomPlaces(): string[] {
  const numbered = numberedPlaces()
  if (lstatSync(numbered.at(-1)!, { throwIfNoEntry: false }) === undefined) return []
  const [folder, pattern] = [placeOfRuns(), nameOf()]
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name))
    .filter((place) => !numbered.includes(place) && isPrivate(place))
}

function nameOf(): RegExp {
  return new RegExp(`^promhive-${userName()}(?:-[2-${lastSpare}]|-[A-Za-z0-9]{6})?$`)
}

function isFree(place: string): boolean {
  const facts = lstatSync(place, { throwIfNoEntry: false })
  return facts === undefined || isPrivateOf(facts)
}

function isPrivate(place: string): boolean {
  const facts = lstatSync(place, { throwIfNoEntry: false })
  return facts !== undefined && isPrivateOf(facts)
}

/** Whether no other user can change the folder. */
function isPrivateOf(facts: Stats): boolean {
  // Windows states neither owner nor mode. The user's folder for temporary files is private to the user.
  if (onWindows) return facts.isDirectory()
  return facts.isDirectory() && (facts.mode & 0o022) === 0 && facts.uid === (process.geteuid?.() ?? facts.uid)
}

function userName(): string {
  return String(process.getuid?.() ?? 'user')
}

/** Returns a file system in memory, where a store never waits for a disk. */
function memoryFileSystem(): string | undefined {
  // A path without a drive would be that of a folder on the current one.
  if (onWindows) return undefined
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return undefined
  }
}
