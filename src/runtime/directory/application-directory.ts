import cluster from 'node:cluster'
import { lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { firstSet, variables } from '../../platform/environment.js'
import { makeEnvironmentAbsolute } from '../../platform/paths.js'
import { directoryInUse } from '../../store/shared/control.js'
import type { WorkersUser } from '../../store/shared/ownership.js'
import { ownFacts, startTicksOf } from '../../store/shared/process-facts.js'
import { isPlace, ownPlaces, placeFor, placeWith, preparePlace } from './default-location.js'

/*
 * The directory that the processes of an application share when none is named. It follows from the parent process,
 * so that a primary, its workers and their threads find the same one without a message.
 */

/** The directory that the environment names. If it was set after promhive was loaded, it is made absolute now. */
export function directoryFromEnvironment(): string | undefined {
  makeEnvironmentAbsolute()
  return firstSet(variables.directory)?.[1]
}

/**
 * The user that this primary of root's runs its cluster workers as (`cluster.setupPrimary({ uid })`), where that user can
 * write to the directory.
 */
export function userOfClusterWorkers(directory: string): WorkersUser | undefined {
  const { uid, gid } = (cluster.isPrimary && cluster.settings) || {}
  if (process.geteuid?.() !== 0 || uid === undefined || uid === 0) return undefined
  const facts = statSync(directory, { throwIfNoEntry: false })
  const theirs = facts !== undefined && (facts.uid === uid || (facts.mode & 0o002) !== 0)
  return theirs ? { uid, gid: gid ?? process.getegid!() } : undefined
}

/** The directory of this process as a part of something: a cluster worker's, a thread's. Undefined when it is a process of its own. */
export function directoryFromParent(): string | undefined {
  // Its own word first: it has taken the place of the parent's.
  const passedOn = directoryFrom(process.pid) ?? (cluster.isWorker ? directoryFrom(process.ppid) : undefined)
  if (passedOn !== undefined) return passedOn
  if (isOfPm2()) return directoryOf(process.ppid, pm2Application())
  if (cluster.isWorker) return directoryOf(process.ppid)
  if (!isMainThread) return directoryOf(process.pid)
  if (Object.keys(cluster.workers ?? {}).length > 0) return ownDirectory()
  return undefined
}

/** Whether other processes of the application were started beside this one, by the same hand. */
export function hasSiblings(): boolean {
  if (cluster.isWorker || directoryFromEnvironment() !== undefined) return true
  const { exec_mode: mode, instances } = process.env
  return isOfPm2() && !(mode === 'fork_mode' && instances === '1')
}

/** What the processes have in common that PM2 started for one application, and no others. */
export function familyUnderPm2(): string | undefined {
  return directoryFromEnvironment() === undefined && isOfPm2() ? directoryFromParent() : undefined
}

/** Where the workers and threads that this process starts look for it. */
export function ownDirectory(): string {
  return directoryOf(process.pid)
}

/** Whether a directory is of one run of an application for certain: its name contains the process that began it. */
export function isOfOneRun(directory: string): boolean {
  return isPlace(dirname(directory)) && process.env.pm_id === undefined
}

/**
 * Makes the folder of the directories that applications did not name, where a directory is one of them.
 *
 * @returns a warning if another user has taken the usual folder
 */
export function prepareOwnPlace(directory: string): string | undefined {
  return isPlace(dirname(directory)) ? preparePlace(dirname(directory)) : undefined
}

/** Whether a worker or a thread of this process has begun to count already. */
export function ownDirectoryExists(): boolean {
  return placeWith(keyOf(process.pid)) !== undefined
}

const [applicationVariable] = variables.application

/** Leaves word for the threads of a process that is a part of something, and for its cluster workers: they cannot see it. */
export function passToChildren(): void {
  if (!isMainThread || !(cluster.isWorker || isOfPm2())) return
  process.env[applicationVariable] = `${process.pid} ${directoryFromParent()}`
}

/** What a process passed on. Any child inherits the variable; the pid in it shows for which children it is meant. */
function directoryFrom(pid: number): string | undefined {
  const [author, ...rest] = (process.env[applicationVariable] ?? '').split(' ')
  return Number(author) === pid ? rest.join(' ') : undefined
}

/** Whether PM2 started this very process, in cluster or in fork mode: what the process itself starts has the variables too. */
function isOfPm2(): boolean {
  const { pm_id: id, PM2_HOME: context } = process.env
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
  return `-${(process.env.name ?? '').replaceAll(/[^\w.-]/g, '_')}`
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
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

/** The process that began it may be in another container and cannot be seen: only the age of the directory shows that it is left. */
function isOld(directory: string): boolean {
  const facts = lstatSync(directory, { throwIfNoEntry: false })
  return facts !== undefined && Date.now() - facts.mtimeMs > oldAfter
}

/** Milliseconds. */
const oldAfter = 3_600_000

/** Removes what applications that ended left behind; their numbers were there to be read until now. */
export function sweepEndedApplications(): void {
  for (const place of ownPlaces()) for (const name of namesIn(place)) sweep(place, name)
}

function sweep(place: string, name: string): void {
  const [namespace, pid, ticks] = name.split('-').map(Number)
  if (namespace === undefined || pid === undefined) return
  const directory = join(place, name)
  const ended = namespace === ownFacts().pidNamespace ? startTicksOf(pid) !== ticks : isOld(directory)
  if (ended && !directoryInUse(directory)) rmSync(directory, { recursive: true, force: true })
}

function namesIn(place: string): string[] {
  try {
    return readdirSync(place)
  } catch {
    return []
  }
}
