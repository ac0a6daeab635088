import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, cpSync, fstatSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { cFlags, includes } from '../../scripts/addons.mjs'
import type { Binding } from '../../src/platform/addon.js'
import { addonFault } from '../../src/platform/addon-proof.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { canMount, smallDisk } from '../helpers/processes/small-disk.js'
import { type Stage, test } from '../helpers/processes/stage.js'

/*
 * What promhive does on a Mac, as far as that can be run on Linux: the C code for macOS, compiled for Linux with calls of
 * Linux in helpers/darwin, in programs that take their system for macOS.
 */

/** The Mac whose addon works, and the one on which locks are not what they are on Linux. */
const [right, wrong] = ['arm64', 'x64'] as const
type Mac = typeof right | typeof wrong

const hasCompiler = spawnSync('cc', ['--version'], { stdio: 'ignore' }).error === undefined

describe.runIf(process.platform === 'linux' && hasCompiler)('as on a Mac', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-test-macos-'))
  const installed = join(folder, 'node_modules', 'promhive')
  const file = (mac: Mac): string => join(installed, 'prebuilds', `darwin-${mac}`, 'promhive.node')

  function compile(mac: Mac, options: readonly string[]): void {
    mkdirSync(dirname(file(mac)), { recursive: true })
    const headers = join(root, 'test', 'helpers', 'darwin')
    const shim = ['-I', headers, '-include', join(headers, 'darwin.h'), ...options]
    const source = join(root, 'native', 'posix.c')
    const args = ['-shared', '-fPIC', '-nostdlib', '-O2', ...cFlags, ...includes, ...shim, source, '-o', file(mac)]
    const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  }

  /** Starts node, as on a Mac. */
  function start(stage: Stage, mac: Mac, args: readonly string[], directory: string): ChildProcess {
    const child = spawn(process.execPath, ['--import', './as-macos.mjs', ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), MAC: mac, PROMHIVE_DIR: directory },
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
    const children = Array.from({ length: count }, () => start(stage, right, ['counts.mjs'], directory))
    await Promise.all(children.map((child) => once(child.stdout!, 'data')))
    return children
  }

  const doctor = ['node_modules/promhive/dist/esm/cli/bin.js', 'doctor']

  beforeAll(() => {
    provideDist()
    for (const part of ['dist', 'package.json']) cpSync(join(root, part), join(installed, part), { recursive: true })
    cpSync(join(root, 'test', 'platform', 'programs'), folder, { recursive: true })
    compile(right, [])
    compile(wrong, ['-DWRONG_LOCKS'])
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  test('the addon passes its trial, and doctor shows it', async ({ stage }) => {
    expect(addonFault(createRequire(import.meta.url)(file(right)))).toBeUndefined()
    const output = await outputOf(start(stage, right, doctor, stage.directory()))
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

  test('reserves space on the disk, and notices when there is none', ({ stage }) => {
    const binding: Binding = createRequire(import.meta.url)(file(right))
    const disk = canMount ? smallDisk(stage) : stage.folder()
    const fd = openSync(join(disk, 'file'), 'wx+')
    stage.after(() => closeSync(fd))
    for (const [offset, length] of [
      [0, 16_384],
      [16_384, 16_384],
      // Has its space already.
      [0, 4096],
      [32_768, 65_536],
    ] as const) {
      binding.reserve(fd, offset, length)
      const { size, blocks } = fstatSync(fd)
      expect(blocks * 512).toBeGreaterThanOrEqual(size)
    }
    expect(fstatSync(fd).size).toBe(98_304)
    if (canMount)
      expect(() => binding.reserve(fd, 98_304, 2 ** 20)).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    expect(fstatSync(fd).size).toBe(98_304)
  })

  test('an addon that fails its trial is not used, and the reason names the step', async ({ stage }) => {
    const directory = stage.directory()
    const failed = 'the addon for darwin-x64 failed its trial: a lock shows to a reader'
    expect(await outputOf(start(stage, wrong, doctor, directory))).toContain(`buffered (${failed})`)
    const output = await outputOf(start(stage, wrong, ['counts.mjs', 'ends'], directory))
    expect(output).toContain('PROMHIVE_BUFFERED')
    expect(output).toContain(failed)
    expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(1000)
  })
  test('a process whose addon failed its trial counts beside the others', async ({ stage }) => {
    const directory = stage.directory()
    await counting(stage, directory, 2)
    await outputOf(start(stage, wrong, ['counts.mjs', 'ends'], directory))
    expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(3000)
    await counting(stage, directory, 1)
    expect((await readDirectory(directory)).scrape.value('jobs_total')).toBe(4000)
  })
})
