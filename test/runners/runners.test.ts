import { spawn } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const installed = join(root, 'test', 'runners', 'node_modules')
const hasRunners = existsSync(join(installed, 'jest'))
const jest = join(installed, 'jest/bin/jest.js')
const mocha = join(installed, 'mocha/bin/mocha.js')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

/** A project with these test files, in which promhive is installed as npm does it. */
function project(stage: Stage, files: readonly string[]): string {
  provideDist()
  const folder = stage.folder()
  const programs = join(root, 'test', 'runners', 'programs')
  for (const file of ['app.cjs', 'app.mjs', 'checks.cjs', 'child.cjs']) {
    copyFileSync(join(programs, file), join(folder, file))
  }
  for (const [i, file] of files.entries()) {
    // Jest's default configuration finds .js, and Jest runs those of a package with "type": "module" as ES modules.
    copyFileSync(join(programs, file), join(folder, `file${i}.test.js`))
  }
  const type = files[0]!.endsWith('.mjs') ? 'module' : 'commonjs'
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'application', type }))
  for (const part of ['dist', 'prebuilds', 'package.json']) {
    cpSync(join(root, part), join(folder, 'node_modules', 'promhive', part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'))
  return folder
}

/** Runs a test runner until it ends by itself. */
async function run(stage: Stage, folder: string, args: readonly string[], env: Record<string, string> = {}) {
  // Jest keeps its cache in the folder for temporary files.
  const quiet = { PROMHIVE_STARTUP: 'off', NO_COLOR: '1', CI: 'true', TMPDIR: stage.folder() }
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...cleanEnvironment(), ...quiet, ...env } })
  stage.after(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  const directories = join(folder, 'directories')
  const counted = existsSync(directories) ? readFileSync(directories, 'utf8').trim().split('\n') : []
  return { code, output, counted }
}

/** Passed, and said nothing else: no warning, no open handle, no process that had to be ended. */
function expectSilence({ code, output }: Awaited<ReturnType<typeof run>>): void {
  expect({ code, output }).toEqual({ code: 0, output: expect.anything() })
  const said = output.replace(/.*ExperimentalWarning: VM Modules.*\n.*trace-warnings.*/, '')
  expect(said).not.toMatch(/warning|open handle|did not exit|failed to exit|JEST-01|leak|promhive:/i)
}

function expectRemoved({ counted }: Awaited<ReturnType<typeof run>>): void {
  expect(counted.length).toBeGreaterThan(0)
  expect(counted.filter((directory) => existsSync(directory))).toEqual([])
}

const many = (file: string) => Array.from({ length: 12 }, () => file)
const commonJs = ['all.test.cjs', 'all.test.cjs', 'jest-only.test.cjs', ...many('alone.test.cjs')]

describe.skipIf(!hasRunners)('Jest, in its default configuration', () => {
  test.for([
    ['one process, watched for open handles', ['--detectOpenHandles']],
    ['two workers', ['--maxWorkers=2']],
  ] as const)('runs many files of CommonJS in %s', async ([, args], { stage }) => {
    const result = await run(stage, project(stage, commonJs), [jest, ...args])
    expectSilence(result)
    expectRemoved(result)
    expect(result.output).toMatch(/Tests: +38 passed, 38 total/)
    expect(result.counted).toHaveLength(4)
    expect(new Set(result.counted).size).toBeGreaterThan(2)
  })

  test('runs files whose timers and Date are faked before promhive is loaded', async ({ stage }) => {
    const folder = project(stage, ['all.test.cjs', 'alone.test.cjs'])
    writeFileSync(join(folder, 'jest.config.json'), JSON.stringify({ fakeTimers: { enableGlobally: true, now: 1e12 } }))
    const result = await run(stage, folder, [jest, '--runInBand'])
    expectSilence(result)
    expectRemoved(result)
    expect(result.output).toMatch(/Tests: +6 passed, 6 total/)
  })

  test('runs ES modules', async ({ stage }) => {
    const files = ['all.test.mjs', 'all.test.mjs', ...many('alone.test.mjs')]
    const options = ['--runInBand', '--detectOpenHandles', '--transform={}']
    const result = await run(stage, project(stage, files), ['--experimental-vm-modules', jest, ...options])
    expectSilence(result)
    expectRemoved(result)
    expect(result.output).toMatch(/Tests: +22 passed, 22 total/)
  })
})

describe.skipIf(!hasRunners)('mocha', () => {
  test.for(['cjs', 'mjs'])('runs a file (%s), and ends', async (kind, { stage }) => {
    const result = await run(stage, project(stage, [`all.test.${kind}`]), [mocha, 'file0.test.js'])
    expectSilence(result)
    expectRemoved(result)
    expect(result.output).toMatch(/5 passing/)
  })
})

describe('node:test', () => {
  test.for(['cjs', 'mjs'])('runs files at the same time (%s), and ends', async (kind, { stage }) => {
    const folder = project(stage, [`all.test.${kind}`, `all.test.${kind}`])
    const result = await run(stage, folder, ['--test', '--test-concurrency=2', 'file0.test.js', 'file1.test.js'])
    expectSilence(result)
    expectRemoved(result)
    expect(result.output).toMatch(/pass 10\b/)
  })
})

describe('vitest', () => {
  test.for([
    ['forks', 2],
    ['threads', 2],
    ['vmThreads', 2],
  ] as const)('runs many files at the same time with %s (%i workers)', async ([pool, workers], { stage }) => {
    const files = ['all.test.mjs', 'all.test.mjs', ...many('alone.test.mjs')]
    const options = [`--pool=${pool}`, `--maxWorkers=${workers}`, '--globals']
    const result = await run(stage, project(stage, files), [vitest, 'run', ...options])
    // Vitest terminates its processes and threads. What they leave, the next application removes.
    for (const directory of result.counted) stage.after(() => rmSync(directory, { recursive: true, force: true }))
    expectSilence(result)
    expect(new Set(result.counted).size).toBe(2)
    expect(result.output).toMatch(/Tests +22 passed/)
  })
})
