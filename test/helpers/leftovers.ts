import { lstatSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Reporter, TestModule, Vitest } from 'vitest/node'

/** Files that promhive, its tests and their child processes create in folders of temporary files. */
const ours = /^(?:promhive|prometheus_multiproc|nodejs-|\.tmp-)/

/** In the names of the tests' folders: `Stage` and `freshDirectory` take it from the environment. */
const mark = process.pid.toString(36)

/**
 * Names what a test run leaves in the folders of temporary files, and the files that ran when it appeared. An entry whose
 * name has the mark of this run fails a run with `CI=true`; the others may be of another run at the same time.
 */
export class Leftovers implements Reporter {
  private readonly folders = [...new Set([tmpdir(), '/tmp', '/dev/shm'])]
  private readonly before = new Set<string>()
  private readonly running = new Set<string>()
  /** Which files ran when an entry was first seen. */
  private readonly seenBeside = new Map<string, readonly string[]>()

  onInit(vitest: Vitest): void {
    process.env.TEST_RUN = mark
    for (const entry of this.entries()) this.before.add(entry)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        // Vitest removes its transformed modules only if it ends by itself.
        const transformed = vitest.projects.map(({ tmpDir }) => tmpDir)
        const marked = this.entries().filter((entry) => entry.includes(`-${mark}-`))
        for (const path of [...transformed, ...marked]) rmSync(path, { recursive: true, force: true })
        process.kill(process.pid, signal)
      })
    }
  }

  onTestModuleStart({ relativeModuleId }: TestModule): void {
    this.running.add(relativeModuleId)
  }

  onTestModuleEnd({ relativeModuleId }: TestModule): void {
    for (const entry of this.entries()) {
      if (!this.before.has(entry) && !this.seenBeside.has(entry)) this.seenBeside.set(entry, [...this.running])
    }
    this.running.delete(relativeModuleId)
  }

  onTestRunEnd(): void {
    this.removePlace()
    const left = this.entries().filter((entry) => !this.before.has(entry))
    if (left.length === 0) return
    const lines = left.map((entry) => `  ${entry}, first seen beside ${this.seenBeside.get(entry)?.join(' and ')}`)
    console.log(`\nleft behind:\n${lines.sort().join('\n')}\n`)
    if (process.env.CI === 'true' && left.some((entry) => entry.includes(`-${mark}-`))) process.exitCode = 1
  }

  /**
   * Removes the directories of this run's applications that were killed: promhive keeps such a directory until the next
   * application starts. Then the folder around them, if this run made it.
   */
  private removePlace(): void {
    for (const path of this.entries()) {
      if (!this.before.has(path) && isPlace(dirname(path)) && isEnded(basename(path)))
        rmSync(path, { recursive: true, force: true })
    }
    for (const path of this.entries()) {
      if (!this.before.has(path) && isPlace(path) && namesIn(path).length === 0) rmdirSync(path)
    }
  }

  private entries(): string[] {
    return this.folders.flatMap((folder) =>
      namesIn(folder).flatMap((name) => {
        const path = join(folder, name)
        if (!ours.test(name) || !isOwn(path)) return []
        return isPlace(path) ? [path, ...namesIn(path).map((key) => join(path, key))] : [path]
      }),
    )
  }
}

/** Whether it holds the directories of a user's applications. */
function isPlace(path: string): boolean {
  return /^promhive-\d+(?:-\d)?$/.test(basename(path))
}

/** Whether the process that an application's directory is named after has ended, or all of its container. */
function isEnded(key: string): boolean {
  const [namespace, pid] = key.split('-')
  const own = namespaceOf('self')
  if (own === undefined || pid === undefined) return false
  // Of a process without /proc, which does not know its namespace.
  if (namespace === '0') return namespaceOf(pid) === undefined
  if (own === namespace) return namespaceOf(pid) === undefined
  return !namesIn('/proc').some((process) => namespaceOf(process) === namespace)
}

function namespaceOf(process: string): string | undefined {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${process}/ns/pid`))?.[0]
  } catch {
    return undefined
  }
}

/** Root's tests start processes of other users; in a run of its own machine all is of this run. */
function isOwn(path: string): boolean {
  const facts = lstatSync(path, { throwIfNoEntry: false })
  if (facts === undefined) return false
  return facts.uid === process.getuid?.() || (process.getuid?.() === 0 && process.env.CI === 'true')
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
