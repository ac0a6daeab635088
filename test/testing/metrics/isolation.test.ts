import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { isPlace } from '../../../src/runtime/directory/default-location.js'
import { cleanEnvironment } from '../../helpers/processes/actor.js'
import { provideDist, root } from '../../helpers/processes/dist.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

/** A folder with the files of programs/<name>, in which promhive and vitest are installed. */
function project(stage: Stage, name: string): string {
  provideDist()
  const folder = stage.folder()
  cpSync(fileURLToPath(new URL(`programs/${name}`, import.meta.url)), folder, { recursive: true })
  const installed = join(folder, 'node_modules', 'promhive')
  // Copied, as npm installs it: frameworks treat files outside of node_modules as sources.
  for (const part of ['dist', 'native', 'prebuilds', 'package.json']) {
    cpSync(join(root, part), join(installed, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'))
  return folder
}

/** Runs a test framework to its end. */
async function run(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...cleanEnvironment(), ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { code, output }
}

const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const runners = [
  {
    framework: 'node --test',
    files: ['first', 'second', 'third'],
    args: ['--test', '--test-concurrency=3', 'first.test.mjs', 'second.test.mjs', 'third.test.cjs'],
  },
  {
    framework: 'vitest, with forks',
    files: ['first', 'second'],
    args: [vitest, 'run', '--pool=forks', '--maxWorkers=2', 'first', 'second'],
  },
] as const

describe.each(runners)('test files that run at the same time under $framework', ({ files, args }) => {
  test('have numbers of their own in memory', async ({ stage }) => {
    const folder = project(stage, 'isolated')
    const { code, output } = await run(folder, args, { MEETING: files.join() })
    expect({ code, output }).toEqual({ code: 0, output: expect.anything() })
    for (const file of files) expect(readFileSync(join(folder, `${file}.read`), 'utf8')).toBe('')
  })

  test.for([
    ['directory', { PROMETHEUS_MULTIPROC_DIR: 'DIRECTORY' }],
    ['backend', { PROMHIVE_BACKEND_CLASS: './backend.cjs' }],
  ] as const)('do not count in the %s that the environment names', async ([, environment], { stage }) => {
    const folder = project(stage, 'isolated')
    const directory = stage.directory()
    mkdirSync(directory)
    const env = Object.entries(environment).map(([name, value]) => [name, value.replace('DIRECTORY', directory)])
    const { code, output } = await run(folder, args, { MEETING: files.join(), ...Object.fromEntries(env) })
    expect({ code, output }).toEqual({ code: 0, output: expect.anything() })
    expect(existsSync(join(directory, 'control'))).toBe(false)
    for (const file of files) expect(readFileSync(join(folder, `${file}.read`), 'utf8')).toBe('')
  })

  test('do not count together where every process of the run loads the functions', async ({ stage }) => {
    const folder = project(stage, 'isolated')
    const env = { NODE_OPTIONS: '--import promhive/testing/metrics', PROMHIVE_DIR: stage.directory() }
    const { code, output } = await run(folder, args, { MEETING: files.join(), ...env })
    expect({ code, output }).toEqual({ code: 0, output: expect.anything() })
  })
})

describe('a test and its child processes count together', () => {
  test.for([
    ['without a directory', {}],
    ['instead of the directory of the environment', { PROMHIVE_DIR: 'DIRECTORY' }],
  ] as const)('%s', async ([, environment], { stage }) => {
    const folder = project(stage, 'children')
    const directory = stage.directory()
    const env = Object.fromEntries(Object.keys(environment).map((name) => [name, directory]))
    const { code, output } = await run(folder, ['--test', '--test-reporter=tap', 'children.test.mjs'], env)
    expect({ code, output }).toEqual({ code: 0, output: expect.anything() })
    expect(existsSync(directory)).toBe(false)
    const counted = /# counted in (\S+)/.exec(output)?.[1]
    expect(isPlace(dirname(counted!))).toBe(true)
    expect(existsSync(counted!)).toBe(false)
  })
})

test('a directory that the application names in its environment later has no effect on the test', async ({ stage }) => {
  const folder = project(stage, 'isolated')
  const directory = stage.directory()
  const program = `
    import { readValue } from 'promhive/testing/metrics'
    process.env.PROMHIVE_DIR = ${JSON.stringify(directory)}
    const { jobs, mail } = await import('./app.cjs')
    mail.inc()
    console.log(await readValue(jobs))`
  expect(await run(folder, ['--input-type=module', '--eval', program])).toEqual({ code: 0, output: '1\n' })
  expect(existsSync(directory)).toBe(false)
})

test('a test that loads the functions late leaves the directory that the environment names', async ({ stage }) => {
  const folder = project(stage, 'isolated')
  const directory = stage.directory()
  const program = `
    import { spawnSync } from 'node:child_process'
    import { jobs, mail } from './app.cjs'
    mail.inc()
    const { readValue } = await import('promhive/testing/metrics')
    mail.inc()
    const inspect = ['node_modules/promhive/dist/esm/cli/bin.js', 'inspect', ${JSON.stringify(directory)}]
    console.log(await readValue(jobs), spawnSync(process.execPath, inspect).stdout.toString().match(/\\d+ alive/)[0])`
  const { code, output } = await run(folder, ['--input-type=module', '--eval', program], { PROMHIVE_DIR: directory })
  expect({ code, output }).toEqual({ code: 0, output: '2 0 alive\n' })
})
