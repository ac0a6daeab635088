import { accessSync, constants, lstatSync, readdirSync, type Stats, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { MetricsError } from '../../model/errors.js'
import { reasonOf } from '../../model/errors.js'
import { onWindows } from '../../platform/windows.js'
import { placeInTheWay } from '../../runtime/directory/default-location.js'
import { fileNameOf } from '../../store/python/file-name.js'
import { refuseDangerous } from '../../store/shared/directory.js'
import { bestDirectory, fileSystemOf } from '../../store/shared/file-system.js'
import { controlName, isOurs, livenessIdOf, seatOf } from '../../store/shared/format.js'
import { lifeOf } from '../../store/shared/living-owners.js'
import { isTrusted, mayRead } from '../../store/shared/ownership.js'
import { directoryInUse } from '../../store/shared/run-members.js'
import { isInProfile } from '../../store/shared/windows-folders.js'
import { type Finding, fail, ok, warn } from './finding.js'

/** Less space than a new process with some thousand series needs. */
const littleRoom = 4 * 1024 * 1024
/** Seconds by which a file's time may be ahead of the clock. */
const clockTolerance = 5

const elsewhere = 'run this as the user of the application'

/** Checks whether processes can count together in a directory: its file system, its owner, and the files in it. */
export function checkDirectory(directory: string): Finding[] {
  try {
    return examined(directory)
  } catch (error) {
    return [fail('directory', `${directory} cannot be checked: ${reasonOf(error)}`, elsewhere)]
  }
}

/** Checks whether another user has taken the folder of default directories. */
export function checkPlace(): Finding[] {
  const obstacle = placeInTheWay()
  if (obstacle === undefined) return []
  return [
    warn('directory', `${obstacle.text}: applications that name no directory use another folder`, obstacle.advice),
  ]
}

/** Whether the files in a directory can be read, so that further checks are possible. */
export function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK)
    return statSync(directory).isDirectory()
  } catch {
    return false
  }
}

function examined(directory: string): Finding[] {
  try {
    refuseDangerous(directory)
  } catch (error) {
    return [fail('directory', (error as MetricsError).message, 'choose another')]
  }
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  if (facts === undefined) {
    return [warn('directory', `${directory} is not there`, 'the first process of the application makes it')]
  }
  if (!statSync(directory).isDirectory()) {
    return [fail('directory', `${directory} is not a directory`, 'remove it, or choose another')]
  }
  const findings = [place(directory), permissions(directory), room(directory)]
  return isReadable(directory)
    ? [...findings, use(directory), ...liveness(directory), ...leftovers(directory)]
    : findings
}

function place(directory: string): Finding {
  const { name, kind } = fileSystemOf(directory)
  if (kind === 'memory' || kind === 'local') return ok('directory', `${directory} on ${name}`)
  const why = kind === 'network' ? 'processes of other hosts are not seen' : 'a count may wait for the disk'
  return warn('directory', `${directory} is on ${name}: ${why}`, bestDirectory)
}

function permissions(directory: string): Finding {
  const { uid, mode } = statSync(directory)
  const bits = (mode & 0o7777).toString(8).padStart(4, '0')
  const user = process.geteuid?.()
  if (onWindows) return permissionsOnWindows(directory)
  if (!isReadable(directory)) {
    return fail('permissions', `user ${uid}, mode ${bits}: this user (${user}) cannot read it`, elsewhere)
  }
  // Root checks the directories of other users, whose processes join them.
  if (user !== 0 && !isTrusted(uid)) {
    const text = `user ${uid}, mode ${bits}: the processes of this user (${user}) refuse it`
    return warn('permissions', text, elsewhere)
  }
  if ((mode & 0o022) !== 0) {
    const text = `user ${uid}, mode ${bits}: other users can remove files, and add their own`
    return warn('permissions', text, `chmod 0700 ${directory}`)
  }
  return ok('permissions', `user ${uid}, mode ${bits}`)
}

/** Node.js has no access to the access lists of Windows. */
function permissionsOnWindows(directory: string): Finding {
  if (!isReadable(directory)) return fail('permissions', 'this user cannot read it', elsewhere)
  if (isInProfile(directory)) return ok('permissions', 'in the profile of this user, which other users cannot open')
  const text = 'outside of the profile of this user: its access list is not checked, and other users may open it'
  return warn('permissions', text, `icacls "${directory}" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F"`)
}

function room(directory: string): Finding {
  const { bavail, bsize } = statfsSync(directory)
  const free = bavail * bsize
  const text = `${Math.floor(free / 1024 / 1024)} MiB free`
  if (free > littleRoom) return ok('room', text)
  return fail('room', text, 'new series find no place there: make it larger (docker run --shm-size), or choose another')
}

function use(directory: string): Finding {
  if (directoryInUse(directory)) return ok('run', 'an application counts here at the moment')
  return ok('run', 'no process counts here: the next one begins a new run, and counters begin at 0')
}

/** Finds processes that are recognised by less than what the kernel ends with them. */
function liveness(directory: string): Finding[] {
  const guessed = lifeOf(directory)?.guessed ?? 0
  if (guessed === 0) return []
  const text = `${guessed} processes without the addon have no liveness file: after a kill -9, each may count as alive for 30 s`
  return [
    warn(
      'liveness',
      text,
      'use a directory on a local disk, and add the program mkfifo to their image (coreutils, busybox)',
    ),
  ]
}

function leftovers(directory: string): Finding[] {
  const findings: Finding[] = []
  const names = readdirSync(directory)
  const broken = names.filter((name) => name.startsWith('bad-'))
  if (broken.length > 0) {
    const text = `${broken.length} damaged files were renamed (${broken[0]}, …)`
    findings.push(warn('files', text, 'keep one for a bug report, then remove them'))
  }
  const strangers = names.filter((name) => !isOurs(name) && name !== controlName && fileNameOf(name) === undefined)
  if (strangers.length > 0) {
    const text = `${strangers.length} files are not promhive's (${strangers[0]}, …)`
    findings.push(warn('files', text, 'a directory should be for nothing else'))
  }
  findings.push(...foreignFiles(directory, names))
  const seats = names.filter((name) => seatOf(name) !== undefined).length
  findings.push(ok('files', `${seats} seats, ${names.length} files`))
  return [...findings, ...clock(directory, names)]
}

/** Finds entries that have the name of one of promhive's files, and are ignored. */
function foreignFiles(directory: string, names: readonly string[]): Finding[] {
  const passedOver = names.flatMap((name) => {
    const facts = lstatSync(join(directory, name), { throwIfNoEntry: false })
    const why = facts === undefined ? undefined : whyPassedOver(facts, directory, livenessIdOf(name) !== undefined)
    return why !== undefined && (isOurs(name) || name === controlName) ? [`${name} ${why}`] : []
  })
  if (passedOver.length === 0) return []
  const text = `${passedOver.length} files are ignored (${passedOver.slice(0, 3).join(', ')})`
  return [warn('files', text, 'remove them')]
}

function whyPassedOver(facts: Stats, directory: string, isLiveness: boolean): string | undefined {
  if (!facts.isFile() && !(isLiveness && facts.isFIFO())) return 'is not a regular file'
  return mayRead(facts.uid, directory) ? undefined : `belongs to user ${facts.uid}`
}

/** Finds files with a time in the future, which shows that the clock was set back and ages are wrong for a while. */
function clock(directory: string, names: readonly string[]): Finding[] {
  const limit = Date.now() + clockTolerance * 1000
  const ahead = names.filter(
    (name) => (lstatSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > limit,
  )
  if (ahead.length === 0) return [ok('clock', 'no file is of the future')]
  const advice = 'check the time service (NTP): created timestamps and last-seen times are wrong until then'
  return [warn('clock', `${ahead[0]} was written in the future`, advice)]
}
