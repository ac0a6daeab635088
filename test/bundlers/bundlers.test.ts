import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const execute = promisify(execFile)
const folder = join(root, 'test', 'bundlers')
const hasBundlers = existsSync(join(folder, 'node_modules', 'webpack'))
const addon = `prebuilds/${process.platform}-${process.arch}/promhive.node`

/** A folder with a program, and promhive as npm installs it: files that can be taken away, not a link. */
function application(stage: Stage): string {
  provideDist()
  const place = stage.folder()
  cpSync(join(folder, 'programs'), place, { recursive: true })
  for (const part of ['package.json', 'dist', 'prebuilds']) {
    cpSync(join(root, part), join(place, 'node_modules', 'promhive', part), { recursive: true })
  }
  return place
}

/** Bundles a file of the folder; returns the bundle and what the bundler complained of. */
async function bundle(place: string, bundler: string, format: string, file: string) {
  const out = join(place, 'out')
  mkdirSync(out)
  const args = [join(folder, 'bundle.mjs'), bundler, format, join(place, file), out]
  const { stdout } = await execute(process.execPath, args, { cwd: folder })
  return { path: join(out, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs'), problems: JSON.parse(stdout) as string[] }
}

async function run(stage: Stage, path: string) {
  const env = {
    ...cleanEnvironment(),
    PROMHIVE_DIR: stage.folder(),
    PROMHIVE_METRICS_PORT: '0',
    PROMHIVE_STARTUP: 'off',
  }
  const { stdout, stderr } = await execute(process.execPath, [path], { env })
  return { ...(JSON.parse(stdout) as { counted: string; measured: boolean }), stderr }
}

const exact = { counted: 'jobs_total{queue="mail"} 4000', measured: true, stderr: '' }

describe.skipIf(!hasBundlers)('an application of four workers, two of them killed', () => {
  test.for([
    ['esbuild', 'esm'],
    ['esbuild', 'cjs'],
    ['rollup', 'esm'],
    ['rolldown', 'esm'],
    ['vite', 'esm'],
    ['webpack', 'cjs'],
    ['webpack', 'esm'],
  ] as const)('is exact when %s has bundled it as %s', async ([bundler, format], { stage }) => {
    const place = application(stage)
    const { path, problems } = await bundle(place, bundler, format, 'application.mjs')
    expect(problems).toEqual([])
    expect(await run(stage, path)).toEqual(exact)

    // The bundle alone, as it is deployed: one line says what it does not find, what that costs, and what helps.
    const copy = join(place, 'promhive.node')
    copyFileSync(join(place, 'node_modules', 'promhive', addon), copy)
    rmSync(join(place, 'node_modules'), { recursive: true })
    const alone = await run(stage, path)
    expect(alone.measured).toBe(true)
    expect(alone.stderr).toContain(`copy node_modules/promhive/${addon} there`)
    expect(alone.stderr).toContain('a kill -9 loses those')
    const lines = alone.stderr.split('\n').filter((line) => line.includes('promhive: '))
    expect(new Set(lines.map((line) => line.replace(/^\(node:\d+\)/, ''))).size).toBe(1)

    copyFileSync(copy, join(place, 'out', 'promhive.node'))
    expect(await run(stage, path)).toEqual(exact)
  })
})

test('a copy of the package without the addon, as tools that trace files make it, says what is missing', async ({
  stage,
}) => {
  const place = application(stage)
  rmSync(join(place, 'node_modules', 'promhive', 'prebuilds'), { recursive: true })
  const { stderr } = await run(stage, join(place, 'application.mjs'))
  expect(stderr).toContain('is a copy of the package without its folder prebuilds; copy that folder as well')
})

describe.skipIf(!hasBundlers)('every entry', () => {
  test.for(['esm', 'cjs'] as const)(
    'is bundled by esbuild as %s without a complaint, and loads',
    async (format, { stage }) => {
      const place = application(stage)
      const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
      const entries = Object.keys(exports).filter((entry) => !/\*|json$/.test(entry))
      expect(entries.length).toBeGreaterThan(20)
      const names = entries.map((entry, i) => `import * as _${i} from ${JSON.stringify(`promhive${entry.slice(1)}`)}\n`)
      const list = `console.log(JSON.stringify([${entries.map((_, i) => `Object.keys(_${i}).length`)}]))\nprocess.exit()\n`
      writeFileSync(join(place, 'entries.mjs'), [...names, list].join(''))
      const { path, problems } = await bundle(place, 'esbuild', format, 'entries.mjs')
      expect(problems).toEqual([])
      const { stdout, stderr } = await execute(process.execPath, [path], {
        env: { ...cleanEnvironment(), PROMHIVE_STARTUP: 'off' },
      })
      const exported = JSON.parse(stdout) as number[]
      const empty = entries.filter((_, i) => exported[i] === 0)
      expect(empty).toEqual(['./register', './prom-client/register'])
      expect(stderr).toMatch(/^$|needs Node\.js 22\.15/)
    },
  )
})
