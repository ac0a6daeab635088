import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as plainTest } from 'vitest'
import { Actor, type ActorOptions, isPortableRun, portableEnvironment } from './actor.js'

interface SharedBackendChoice {
  readonly backend: string
  readonly env: Readonly<Record<string, string>>
}

/** As on a system without the addon and without /proc. */
export const portable: SharedBackendChoice = { backend: 'portable', env: portableEnvironment }

/** The ways in which processes share a directory, and the environment that chooses each. */
export const sharedBackends: readonly SharedBackendChoice[] = isPortableRun
  ? [{ ...portable, backend: 'buffered' }]
  : [
      { backend: 'mmap', env: {} },
      { backend: 'buffered', env: { PROMHIVE_NATIVE: 'off' } },
    ]

/** The same, in tests that show within seconds whether processes recognise each other. */
export const allSharedBackends = isPortableRun ? sharedBackends : [...sharedBackends, portable]

/** Owns a test's processes and directories; it ends the processes after the test, whatever its result. */
export class Stage {
  private readonly actors: Actor[] = []
  private readonly undoing: (() => void | Promise<void>)[] = []

  /** A fresh path in memory for a shared directory; nothing is there yet. */
  directory(name = 'metrics'): string {
    return join(this.folder(), name)
  }

  /** A new folder, in memory if there is such a file system. */
  folder(): string {
    const folder = mkdtempSync(join(memory(), `promhive-test-${process.env.TEST_RUN ?? ''}-`))
    this.after(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  /** Starts a program and waits until it has loaded. */
  start(program: string, options?: ActorOptions): Promise<Actor> {
    return this.launch(program, options).started()
  }

  /** Starts a program and does not wait for anything. */
  launch(program: string, options?: ActorOptions): Actor {
    const actor = Actor.launch(program, options)
    this.actors.push(actor)
    return actor
  }

  /** Something to be undone after the test; the latest first. */
  after(undo: () => void | Promise<void>): void {
    this.undoing.push(undo)
  }

  /** Ends every process that was started so far. */
  async clearActors(): Promise<void> {
    await Promise.all(this.actors.splice(0).map((actor) => actor.kill()))
  }

  async clear(): Promise<void> {
    await this.clearActors()
    for (const undo of this.undoing.splice(0).reverse()) await undo()
  }
}

/** A test with a stage of its own: `test('…', async ({ stage }) => …)`. */
export const test = plainTest.extend<{ stage: Stage }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures a fixture needs
  stage: async ({}, use) => {
    const stage = new Stage()
    try {
      await use(stage)
    } finally {
      await stage.clear()
    }
  },
})

function memory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
