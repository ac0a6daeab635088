import { execFile } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const page = new DocumentationPage('docs/testing.md')
const testFiles = page.blocks.flatMap(({ file }) => (file?.endsWith('.test.mjs') ? [file] : []))

async function install(stage: Stage): Promise<string> {
  provideDist()
  const folder = stage.folder()
  page.install(folder, { 3000: await freePort() })
  symlinkSync(join(root, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'))
  return folder
}

async function run(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...cleanEnvironment(), ...env } }
  const ended = promisify(execFile)(process.execPath, args, options)
  const { code, stdout } = await ended.then(
    ({ stdout }) => ({ code: 0, stdout }),
    (failed: { code: number; stdout: string }) => failed,
  )
  return { code, output: stdout }
}

const failing = 'comparing.test.mjs'

describe('the page about tests', { concurrent: true }, () => {
  test('names the file of every program, so that this test runs it', () => {
    expect(testFiles).toHaveLength(5)
    expect(page.blocks.filter(({ language, file }) => language === 'js' && file === undefined)).toEqual([])
  })

  test.for(testFiles.filter((file) => file !== failing))('%s passes', async (file, { stage }) => {
    const { code, output } = await run(await install(stage), ['--test', file])
    expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^(?:# |ℹ )pass [1-9]/m) })
  })

  test('comparing.test.mjs fails as it is shown', async ({ stage }) => {
    const { code, output } = await run(await install(stage), ['--test', '--test-reporter=tap', failing])
    expect(code).toBe(1)
    const shown = page.blocks.find(({ text }) => text.startsWith('the metrics are not'))!.text.trimEnd()
    expect(output.replaceAll(/^ {4}/gm, '')).toContain(shown)
  })

  test('the command and the configuration use a separate directory for each test process', async ({ stage }) => {
    const folder = await install(stage)
    const { env, args } = page.command('node --import')
    const { code } = await run(folder, args.slice(1), env)
    expect([Object.keys(env), code]).toEqual([['PROMHIVE_DIR'], 0])
    const file = join(folder, 'jobs.test.mjs')
    writeFileSync(file, readFileSync(file, 'utf8').replace('node:test', 'vitest'))
    const directory = stage.directory()
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config=vitest.config.mjs', 'jobs.test.mjs']
    const { code: ofVitest, output } = await run(folder, vitest, { PROMHIVE_DIR: directory })
    expect({ code: ofVitest, output }).toEqual({ code: 0, output: expect.stringContaining('2 passed') })
    expect(existsSync(directory)).toBe(false)
  })
})
