import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { procPath } from '../../platform/proc.js'
import type { OwnerFacts } from '../../store/shared/head.js'
import { lifeOf } from '../../store/shared/living-owners.js'
import { ownFacts, processAlive, startTicksOf } from '../../store/shared/process-facts.js'
import { lineageOf } from '../../supervisor/process-sample.js'
import { isPlace, ownPlaces, placeOfRuns } from './default-location.js'

/** A directory in which processes count at the moment. */
export interface LivingDirectory {
  readonly directory: string
  /** The number of processes that count, 0 if none has counted yet. */
  readonly processes: number
  /** When the first of them began to count, in Unix seconds; undefined if none has. */
  readonly since: number | undefined
  /** The process that started the application; undefined if it is not visible from here. */
  readonly pid: number | undefined
  /** Its command line; empty if it is not visible. */
  readonly command: string
}

/** What a search for directories has found. */
export interface DirectorySearch {
  /** Those with a living process, the one that began last first. */
  readonly living: readonly LivingDirectory[]
  /** Those whose processes have all ended. */
  readonly ended: readonly string[]
  /** The folders that were searched. */
  readonly places: readonly string[]
}

/**
 * Searches for directories of this user's applications: the default ones, and those directly beside their folder, such as
 * `/dev/shm/shop`. It creates nothing and takes no lock. Entries that belong to another user, are links or are damaged are
 * ignored.
 */
export function searchDirectories(): DirectorySearch {
  const parent = placeOfRuns()
  const places = ownPlaces()
  const candidates = [...places, parent].flatMap(ownDirectoriesIn).filter((directory) => !isPlace(directory))
  const living: LivingDirectory[] = []
  const ended: string[] = []
  for (const directory of candidates) {
    const life = lifeOf(directory)
    if (life?.alive) living.push(described(directory, life.owners))
    else if (life !== undefined) ended.push(directory)
  }
  living.sort((a, b) => (b.since ?? 0) - (a.since ?? 0) || (a.directory < b.directory ? -1 : 1))
  return { living, ended, places: [...places, parent] }
}

function ownDirectoriesIn(folder: string): string[] {
  const user = process.geteuid?.()
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
      .filter((path) => user === undefined || lstatSync(path, { throwIfNoEntry: false })?.uid === user)
  } catch {
    return []
  }
}

function described(directory: string, owners: readonly OwnerFacts[]): LivingDirectory {
  // Threads of one process have seats of their own.
  const byPid = new Map(owners.map((owner) => [`${owner.pidNamespace} ${owner.pid}`, owner]))
  const pid = starterIn(directory) ?? firstOf([...byPid.values()])
  return {
    directory,
    processes: byPid.size,
    since: owners.length === 0 ? undefined : Math.min(...owners.map(({ startedAt }) => startedAt)),
    pid,
    command: pid === undefined ? '' : commandOf(pid),
  }
}

/** Returns the process that the name of a default directory contains; under PM2, that is PM2's own. */
function starterIn(directory: string): number | undefined {
  if (!isPlace(dirname(directory))) return undefined
  const [namespace, pid, ticks, ...rest] = basename(directory).split('-')
  if (rest.length > 0 || Number(namespace) !== ownFacts().pidNamespace) return undefined
  return startTicksOf(Number(pid)) === Number(ticks) ? Number(pid) : undefined
}

/** Returns the visible process that started the others, or the first one. */
function firstOf(owners: readonly OwnerFacts[]): number | undefined {
  const visible = owners.filter((owner) => processAlive(owner) === true).sort((a, b) => a.startedAt - b.startedAt)
  const parents = visible.map(({ pid }) => lineageOf(pid)?.parent)
  return (visible.find(({ pid }) => parents.includes(pid)) ?? visible[0])?.pid
}

function commandOf(pid: number): string {
  try {
    const [program = '', ...args] = readFileSync(procPath(`${pid}/cmdline`), 'utf8').split('\0')
    return [basename(program), ...args].join(' ').trim()
  } catch {
    return ''
  }
}
