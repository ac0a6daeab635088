import cluster from 'node:cluster'
import { accessSync, constants, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { directoryInUse } from './store/shared/control.js'
import { preparePrivate } from './store/shared/directory.js'
import { ownFacts, startTicksOf } from './store/shared/process-facts.js'

/*
 * Which directory the processes of an application share when nobody named one. It follows from who started the process,
 * so that a primary, its workers and their threads find the same one without telling each other.
 */

const variables = ['PROMHIVE_DIR', 'PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir'] as const

/** The directory that the environment names. */
export function directoryFromEnvironment(): string | undefined {
  for (const name of variables) {
    const value = process.env[name]
    if (value !== undefined && value !== '') return value
  }
  return undefined
}

/** The directory of this process as a part of something: a cluster worker's, a thread's. Undefined when it stands alone. */
export function directoryFromParent(): string | undefined {
  const told = toldByMainThread()
  if (told !== undefined) return told
  if (cluster.isWorker) return directoryOf(process.ppid, pm2Application())
  if (!isMainThread) return directoryOf(process.pid)
  if (Object.keys(cluster.workers ?? {}).length > 0) return ownDirectory()
  return undefined
}

/** Where the workers and threads that this process starts look for it. */
export function ownDirectory(): string {
  return directoryOf(process.pid)
}

/**
 * Calls back once, when this process starts a cluster worker or a thread. Listens only from the first use on: importing
 * the package adds no listener.
 */
export function onFirstChild(joined: () => void): () => void {
  const once = (): void => {
    stop()
    joined()
  }
  const stop = (): void => {
    cluster.off('fork', once)
    process.off('worker', once)
  }
  if (cluster.isPrimary) cluster.on('fork', once)
  process.on('worker', once)
  return stop
}

/** Whether a directory is of one run of an application for certain: its name tells which process began it. */
export function isOfOneRun(directory: string): boolean {
  return dirname(directory) === base() && process.env.pm_id === undefined
}

/** A directory that is nobody's yet, for workers of another user: in a place of root's they could not come to theirs. */
export function freshDirectory(): string {
  return mkdtempSync(join(memoryFileSystem() ?? tmpdir(), 'promhive-run-'))
}

/** Makes the place of the directories that nobody named, where a directory is one of them. */
export function prepareOwnPlace(directory: string): void {
  if (dirname(directory) === base()) preparePrivate(base())
}

/** Whether a worker or a thread of this process has begun to count already. */
export function ownDirectoryExists(): boolean {
  return existsSync(ownDirectory())
}

const toldIn = 'PROMHIVE_APPLICATION'

/** Leaves word for threads of a cluster worker: they cannot see that their process is one. */
export function tellThreads(): void {
  if (!cluster.isWorker || !isMainThread) return
  process.env[toldIn] = `${process.pid} ${directoryOf(process.ppid, pm2Application())}`
}

function toldByMainThread(): string | undefined {
  const [pid, ...rest] = (process.env[toldIn] ?? '').split(' ')
  // A child process inherits the variable, but it is another application.
  return Number(pid) === process.pid && !isMainThread ? rest.join(' ') : undefined
}

/** PM2's daemon is the parent of all its applications: the name tells them apart. */
function pm2Application(): string {
  const { pm_id: id, name = '' } = process.env
  return id === undefined ? '' : `-${name.replaceAll(/[^\w.-]/g, '_')}`
}

function directoryOf(pid: number, suffix = ''): string {
  return join(base(), `${ownFacts().pidNamespace}-${pid}-${startTicksOf(pid) ?? 0}${suffix}`)
}

function base(): string {
  const user = process.getuid?.() ?? 'user'
  return join(memoryFileSystem() ?? tmpdir(), `promhive-${user}`)
}

/** Files in memory: a store to them never waits for a disk. */
function memoryFileSystem(): string | undefined {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return undefined
  }
}

/** Removes what applications that ended left behind; their numbers were there to be read until now. */
export function sweepEndedApplications(): void {
  const parent = base()
  let names: string[] = []
  try {
    if (lstatSync(parent).isDirectory()) names = readdirSync(parent)
  } catch {
    return
  }
  for (const name of names) {
    const [namespace, pid, ticks] = name.split('-').map(Number)
    if (namespace !== ownFacts().pidNamespace || pid === undefined || startTicksOf(pid) === ticks) continue
    const directory = join(parent, name)
    if (!directoryInUse(directory)) rmSync(directory, { recursive: true, force: true })
  }
}
