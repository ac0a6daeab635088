import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { firstSet, inMemory, variables } from '../../platform/environment.js'
import { isMainThread, loadedCluster } from '../../platform/loaded-builtins.js'
import { makeEnvironmentAbsolute } from '../../platform/paths.js'
import { procPath } from '../../platform/proc.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { systemNow } from '../../platform/system-time.js'
import { nodeProcess, testFileId } from '../../platform/test-file.js'
import { removeFolder } from '../../platform/windows.js'
import { controlName } from '../../store/shared/format.js'
import type { WorkersUser } from '../../store/shared/ownership.js'
import { answers, ownFacts, startTicksOf } from '../../store/shared/process-facts.js'
import { directoryInUse } from '../../store/shared/run-members.js'
import { isPlace, ownPlaces, placeFor, placeOfRuns, placeWith, preparePlace } from './default-location.js'

/*
 * The default directory that the processes of an application share. It is derived from the parent process, so a
 * primary, its workers and their threads find the same one without communication.
 */

/**
 * Returns the directory that the environment names. If the variable was set after promhive was loaded, its path is made
 * absolute now.
 */
export function directoryFromEnvironment(): string | undefined {
  makeEnvironmentAbsolute()
  return isKeptInMemory() ? undefined : firstSet(variables.directory)?.[1]
}

/** Whether the environment makes this process count for itself, in memory. */
export function isKeptInMemory(): boolean {
  return firstSet(variables.directory)?.[1] === inMemory
}

/**
 * Returns the user of the cluster workers (`cluster.setupPrimary({ uid })`) of this primary that runs as root, if that
 * user can write to the directory.
 */
export function userOfClusterWorkers(directory: string): WorkersUser | undefined {
  const cluster = loadedCluster()
  const { uid, gid } = (cluster?.isPrimary && cluster.settings) || {}
  if (process.geteuid?.() !== 0 || uid === undefined || uid === 0) return undefined
  const facts = statSync(directory, { throwIfNoEntry: false })
  const theirs = facts !== undefined && (facts.uid === uid || (facts.mode & 0o002) !== 0)
  return theirs ? { uid, gid: gid ?? process.getegid!() } : undefined
}

/** Returns why this process cannot find a directory: a runtime with permissions may hide the user and the folders. */
export function refusedPermission(): unknown {
  try {
    placeOfRuns()
    process.geteuid?.()
    return undefined
  } catch (cause) {
    return cause
  }
}

/**
 * Returns the directory of a process that is part of an application, such as a cluster worker or a thread; undefined
 * for a separate process.
 */
export function directoryFromParent(): string | undefined {
  // The process and the other threads run other test files.
  if (testFileId !== undefined) return undefined
  // The directory that this process passes on replaces that of its parent.
  const cluster = loadedCluster()
  const passedOn = directoryFrom(process.pid) ?? (cluster?.isWorker ? directoryFrom(process.ppid) : undefined)
  if (passedOn !== undefined) return passedOn
  if (isOfPm2()) return directoryOf(process.ppid, pm2Application())
  if (cluster?.isWorker) return directoryOf(process.ppid)
  if (!isMainThread) return directoryOf(process.pid)
  if (Object.keys(cluster?.workers ?? {}).length > 0) return ownDirectory()
  return undefined
}

/** Whether the parent has started other processes of the application as well. */
export function hasSiblings(): boolean {
  if (loadedCluster()?.isWorker || directoryFromEnvironment() !== undefined) return true
  const { exec_mode: mode, instances } = processEnvironment()
  return isOfPm2() && !(mode === 'fork_mode' && instances === '1')
}

/** Returns a text that only the processes which PM2 started for one application have in common. */
export function familyUnderPm2(): string | undefined {
  return directoryFromEnvironment() === undefined && isOfPm2() ? directoryFromParent() : undefined
}

/** Returns the directory in which the workers and threads of this process count. */
export function ownDirectory(): string {
  return directoryOf(process.pid, ownSuffix)
}

/**
 * Whether a directory certainly belongs to one run of an application, because its name contains the process that began
 * it.
 */
export function isOfOneRun(directory: string): boolean {
  return isPlace(dirname(directory)) && processEnvironment().pm_id === undefined && !isOfEarlierProcess(directory)
}

/** Whether a directory whose name does not say when its process started is of an earlier process with this pid. */
function isOfEarlierProcess(directory: string): boolean {
  const [, pid, ticks] = basename(directory).split('-').map(Number)
  if (ticks !== 0 || pid !== process.pid) return false
  const control = lstatSync(join(directory, controlName), { throwIfNoEntry: false })
  return control !== undefined && control.mtimeMs < systemNow() - process.uptime() * 1000 - clockTolerance
}

/** Milliseconds by which the time of a file may be behind. */
const clockTolerance = 100

/**
 * Creates the folder of default directories, if a directory is one of them.
 *
 * @returns a warning if another user has taken the usual folder
 */
export function prepareOwnPlace(directory: string): string | undefined {
  return isPlace(dirname(directory)) ? preparePlace(dirname(directory)) : undefined
}

/** Whether a worker or a thread of this process has begun to count already. */
export function ownDirectoryExists(): boolean {
  return placeWith(keyOf(process.pid, ownSuffix)) !== undefined
}

/** Each test file of a process has a directory of its own. */
const ownSuffix = testFileId === undefined ? '' : `-${testFileId}`

const [applicationVariable] = variables.application

/**
 * Passes the directory of a process that is part of an application to its threads and cluster workers, which cannot
 * derive it.
 */
export function passToChildren(): void {
  // Children get a copy of Node's own environment, not of the one that Jest gives a file.
  if (testFileId !== undefined) nodeProcess.env[applicationVariable] = `${process.pid} ${ownDirectory()}`
  if (!isMainThread || !(loadedCluster()?.isWorker || isOfPm2())) return
  processEnvironment()[applicationVariable] = `${process.pid} ${directoryFromParent()}`
}

/**
 * Returns the directory that a process passed on. Any child inherits the variable; the pid in it shows for which
 * children it is valid.
 */
function directoryFrom(pid: number): string | undefined {
  const [author, ...rest] = (processEnvironment()[applicationVariable] ?? '').split(' ')
  return Number(author) === pid ? rest.join(' ') : undefined
}

/**
 * Whether PM2 started this process itself, in cluster or in fork mode; child processes of it have the variables as
 * well.
 */
export function isOfPm2(): boolean {
  const { pm_id: id, PM2_HOME: context } = processEnvironment()
  if (id === undefined || !isMainThread) return false
  try {
    if (context !== undefined && Number(readFileSync(join(context, 'pm2.pid'), 'utf8')) === process.ppid) return true
  } catch {
    // Without a daemon (pm2-runtime) there may be no such file.
  }
  return /^PM2 |[/ \0]pm2-runtime/.test(commandLineOf(process.ppid))
}

/** PM2's daemon is the parent of all its applications: the name distinguishes them. */
function pm2Application(): string {
  return `-${(processEnvironment().name ?? '').replaceAll(/[^\w.-]/g, '_')}`
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(procPath(`${pid}/cmdline`), 'latin1')
  } catch {
    return ''
  }
}

function directoryOf(pid: number, suffix = ''): string {
  const key = keyOf(pid, suffix)
  return join(placeFor(key), key)
}

function keyOf(pid: number, suffix = ''): string {
  return `${ownFacts().pidNamespace}-${pid}-${startTicksOf(pid) ?? 0}${suffix}`
}

/**
 * The process that began it may be invisible in another container, so only the age of the directory shows that it is
 * abandoned.
 */
function isOld(directory: string): boolean {
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  return facts !== undefined && systemNow() - facts.mtimeMs > oldAfter
}

/** Milliseconds. */
const oldAfter = 3_600_000

/** Removes the directories of applications that have ended; their numbers could be read until now. */
export function sweepEndedApplications(): void {
  for (const place of ownPlaces()) for (const name of namesIn(place)) sweep(place, name)
}

function sweep(place: string, name: string): void {
  const [namespace, pid, ticks] = name.split('-').map(Number)
  if (namespace === undefined || pid === undefined) return
  const directory = join(place, name)
  const ended = namespace === ownFacts().pidNamespace ? hasEnded(pid, ticks) : isOld(directory)
  if (ended && !directoryInUse(directory)) removeFolder(directory)
}

/** @param ticks when it started; 0 if the system does not say */
function hasEnded(pid: number, ticks: number | undefined): boolean {
  return ticks === 0 ? !answers(pid) : startTicksOf(pid) !== ticks
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place)
  } catch {
    return []
  }
}
