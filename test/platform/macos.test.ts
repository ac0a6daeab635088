import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { cFlags, includes } from '../../scripts/addons.mjs'
import { addonFault } from '../../src/platform/addon-proof.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { type Stage, test } from '../helpers/processes/stage.js'

/*
 * What promhive does on a Mac, as far as that can be run on Linux: the C code for macOS, compiled for Linux with calls of
 * Linux in helpers/darwin, in programs that take their system for macOS.
 */

const hasCompiler = spawnSync('cc', ['--version'], { stdio: 'ignore' }).error === undefined

describe.runIf(process.platform === 'linux' && hasCompiler)('as on a Mac', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-test-macos-'))
  const file = (application: string): string =>
    join(folder, application, 'node_modules', 'promhive', 'prebuilds', 'darwin-arm64', 'promhive.node')

  /** Makes an application that has promhive with this addon. */
  function install(application: string, options: readonly string[]): void {
    const installed = join(folder, application, 'node_modules', 'promhive')
    mkdirSync(join(installed, 'prebuilds', 'darwin-arm64'), { recursive: true })
    for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(installed, part), { recursive: true })
    cpSync(join(root, 'test', 'platform', 'programs'), join(folder, application), { recursive: true })
    const headers = join(root, 'test', 'helpers', 'darwin')
    const shim = ['-I', headers, '-include', join(headers, 'darwin.h'), ...options]
    const source = join(root, 'native', 'posix.c')
    const args = [
      '-shared',
      '-fPIC',
      '-nostdlib',
      '-O2',
      ...cFlags,
      ...includes,
      ...shim,
      source,
      '-o',
      file(application),
    ]
    const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  }

  /** Starts node in an application, as on a Mac. */
  function start(
    stage: Stage,
    application: string,
    args: readonly string[],
    env: Record<string, string>,
  ): ChildProcess {
    const child = spawn(process.execPath, ['--import', './as-macos.mjs', ...args], {
      cwd: join(folder, application),
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    stage.after(() => void child.kill('SIGKILL'))
    return child
  }

  async function outputOf(child: ChildProcess): Promise<string> {
    let output = ''
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text) => (output += text))
    await once(child, 'close')
    return output
  }

  /** Starts processes that have counted, and still run. */
  async function counting(stage: Stage, directory: string, count: number): Promise<ChildProcess[]> {
    const children = Array.from({ length: count }, () =>
      start(stage, 'right', ['counts.mjs'], { PROMHIVE_DIR: directory }),
    )
    await Promise.all(children.map((child) => once(child.stdout!, 'data')))
    return children
  }

  const doctor = ['node_modules/promhive/dist/esm/cli/bin.js', 'doctor']

  beforeAll(() => {
    provideDist()
    install('right', [])
    install('wrong', ['-DWRONG_LOCKS'])
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  test('the addon passes its trial, and doctor shows it', async ({ stage }) => {
    expect(addonFault(createRequire(import.meta.url)(file('right')))).toBeUndefined()
    const output = await outputOf(start(stage, 'right', doctor, { PROMHIVE_DIR: stage.directory() }))
    expect(output).toMatch(/writer +mmap: /)
    expect(output).toContain('darwin arm64')
  })

  test('no process takes the file of a living one, and the next ones take those of killed ones', async ({ stage }) => {
    const directory = stage.directory()
    const values = () => filesIn(directory).filter((name) => name.endsWith('.values'))
    // It keeps the run alive.
    const [first] = await counting(stage, directory, 1)
    for (const round of [1, 2]) {
      const children = await counting(stage, directory, 2)
      expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(1000 + 2000 * round)
      const exits = children.map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(exits)
      // Nothing that a killed process has counted is lost, although it had no time to write it.
      expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(1000 + 2000 * round)
      expect(values()).toHaveLength(3)
    }
    expect(first!.exitCode).toBeNull()
  })

  test('an addon that fails its trial is not used, and the reason names the step', async ({ stage }) => {
    const directory = stage.directory()
    const failed = 'the addon for darwin-arm64 failed its trial: a lock shows to a reader'
    expect(await outputOf(start(stage, 'wrong', doctor, { PROMHIVE_DIR: directory }))).toContain(`buffered (${failed})`)
    const output = await outputOf(start(stage, 'wrong', ['counts.mjs', 'ends'], { PROMHIVE_DIR: directory }))
    expect(output).toContain('PROMHIVE_BUFFERED')
    expect(output).toContain(failed)
    expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(1000)
  })
})
