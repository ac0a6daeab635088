import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import { parse } from 'yaml'
import { addons, fileOf } from '../../scripts/addons.mjs'
import { root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

interface Job {
  readonly needs?: string
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: { readonly os: readonly string[]; readonly node: readonly number[] } }
  readonly 'continue-on-error'?: boolean
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[]
}

function jobsOf(name: string): Readonly<Record<string, Job>> {
  return parse(readFileSync(join(root, '.github', 'workflows', name), 'utf8')).jobs
}

const commands = ({ steps }: Job): string[] => steps.flatMap(({ run }) => run ?? [])

describe('the workflow of CI', () => {
  const { linux, root: asRoot, unverified } = jobsOf('ci.yml')

  test('runs the tests on every supported Node.js, on both processors, and must pass', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const { os, node } = linux!.strategy!.matrix
    expect(node).toEqual([20, 22, 24, 26])
    expect(engines.node).toMatch(`>=${node[0]}.`)
    expect(os).toEqual(['ubuntu-latest', 'ubuntu-24.04-arm'])
    expect(linux!['continue-on-error']).toBeUndefined()
    expect(commands(linux!)).toContain('npm test')
  })

  test('runs the tests as root as well', () => {
    expect(commands(asRoot!).join('\n')).toContain('sudo env "PATH=$PATH" bash .ci/run')
  })

  test('shows the results of macOS and Windows, where promhive is not verified', () => {
    const { os, node } = unverified!.strategy!.matrix
    expect([os, node]).toEqual([
      ['macos-latest', 'windows-latest'],
      [20, 22, 24, 26],
    ])
    expect(unverified!['continue-on-error']).toBe(true)
    expect(commands(unverified!)).toContain('npm test')
  })
})

describe('the workflow of a release', () => {
  const { pack, publish } = jobsOf('release.yml')

  test('packs, and verifies the tarball before it is handed on', () => {
    const [packs, verifies] = ['npm pack', 'node scripts/verify-tarball.mjs promhive-*.tgz'].map((command) =>
      pack!.steps.findIndex(({ run }) => run === command),
    )
    const uploads = pack!.steps.findIndex(({ uses }) => uses?.startsWith('actions/upload-artifact@'))
    expect(packs).toBeGreaterThan(0)
    expect(verifies).toBeGreaterThan(packs!)
    expect(uploads).toBeGreaterThan(verifies!)
  })

  test('packs every alias package', () => {
    const folders = readdirSync(join(root, 'packages')).map((name) => `./packages/${name}`)
    expect(folders.length).toBeGreaterThan(1)
    expect(commands(pack!)).toContain(`mkdir aliases && npm pack --pack-destination aliases ${folders.join(' ')}`)
  })

  test('publishes that tarball with provenance, and with no permission besides', () => {
    expect(publish!.needs).toBe('pack')
    expect(publish!.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
    const [promhive, aliases, ...others] = commands(publish!)
    expect(promhive).toBe('npm publish promhive-*.tgz --provenance --access public')
    expect(aliases).toContain('npm publish "./$tarball" --provenance --access public')
    expect(others).toEqual([])
  })
})

describe('scripts/verify-tarball.mjs', () => {
  /** Packs empty files of these names beside a package.json, and verifies the tarball. */
  function verify(stage: Stage, files: readonly string[]) {
    const folder = stage.folder()
    const exports = { '.': { import: './dist/esm/index.js' }, './lib/*': './dist/cjs/lib/*.js' }
    const manifest = { main: './dist/cjs/index.js', exports }
    mkdirSync(join(folder, 'package'))
    writeFileSync(join(folder, 'package', 'package.json'), JSON.stringify(manifest))
    for (const file of files) {
      mkdirSync(dirname(join(folder, 'package', file)), { recursive: true })
      writeFileSync(join(folder, 'package', file), '')
    }
    const tarball = join(folder, 'promhive.tgz')
    expect(spawnSync('tar', ['-czf', tarball, '-C', folder, 'package']).status).toBe(0)
    const script = join(root, 'scripts', 'verify-tarball.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script, tarball], { encoding: 'utf8' })
    return { status, stderr: stderr.replaceAll(tarball, 'it') }
  }

  const doors = ['dist/cjs/index.js', 'dist/esm/index.js', 'dist/cjs/lib/util.js']
  const built = addons.map(fileOf)

  test('accepts a package with every addon and every file that package.json names', ({ stage }) => {
    expect(verify(stage, [...doors, ...built])).toEqual({ status: 0, stderr: '' })
  })

  test.for(built)('refuses a package without %s, and names it', (missing, { stage }) => {
    const others = built.filter((file) => file !== missing)
    expect(verify(stage, [...doors, ...others])).toEqual({ status: 1, stderr: `it lacks ./${missing}\n` })
  })

  test('knows an addon for each platform that the package is for', () => {
    expect(built).toContain('prebuilds/linux-x64/promhive.node')
    expect(built).toContain('prebuilds/darwin-arm64/promhive.node')
  })

  test('refuses a package without a file that package.json names', ({ stage }) => {
    const [main, , util] = doors as [string, string, string]
    expect(verify(stage, [main, util, ...built])).toEqual({ status: 1, stderr: `it lacks ./${doors[1]}\n` })
  })

  test('refuses a package without any file of a pattern in package.json', ({ stage }) => {
    const [main, esm] = doors as [string, string]
    const unlike = 'dist/cjs/lib/util.d.ts'
    const verified = verify(stage, [main, esm, unlike, ...built])
    expect(verified).toEqual({ status: 1, stderr: 'it lacks ./dist/cjs/lib/*.js\n' })
  })
})
