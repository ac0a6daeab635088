import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { addons, compiler, fileOf, nameOf } from '../../scripts/addons.mjs'
import { root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const names = addons.map(nameOf).join(', ')

/** A checkout without anything that was built for it. */
function checkout(stage: Stage, { compilers }: { readonly compilers: boolean }) {
  const folder = join(stage.folder(), 'checkout')
  for (const part of ['native', 'package.json', 'CHANGELOG.md', 'LICENSE', 'README.md']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  const installed = join('compiler', 'node_modules')
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), {
    recursive: true,
    filter: (source) => !source.includes(installed),
  })
  if (compilers) symlinkSync(join(root, 'scripts', installed), join(folder, 'scripts', installed))
  mkdirSync(join(folder, 'dist'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // The build of TypeScript is none of this.
  manifest.scripts.prepare = 'true'
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const cache = stage.folder()
  return {
    folder,
    pack() {
      const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--cache', cache], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 120_000,
      })
      return { status, stdout, stderr, packed: readdirSync(folder).filter((name) => name.endsWith('.tgz')) }
    },
  }
}

describe('npm pack', { timeout: 120_000 }, () => {
  test('fails without the compiler, and names what is missing and what to install', ({ stage }) => {
    const { status, stderr, packed } = checkout(stage, { compilers: false }).pack()
    expect(status).not.toBe(0)
    expect(stderr).toContain(`prepack: no addon for ${names}: install ${compiler.install}, and pack again`)
    expect(packed).toEqual([])
  })

  test.runIf(compiler.present)('fails when one addon does not compile, and names it', ({ stage }) => {
    const { folder, pack } = checkout(stage, { compilers: true })
    const source = join(folder, 'native', 'posix.c')
    writeFileSync(source, `${readFileSync(source, 'utf8')}\n#ifdef __APPLE__\n#error no\n#endif\n`)
    const { status, stderr, packed } = pack()
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/posix\.c:\d+:\d+: error: no/)
    expect(stderr).toContain('prepack: no addon for darwin-x64, darwin-arm64: see above')
    expect(packed).toEqual([])
  })

  test.runIf(compiler.present)('has the addon for every platform', ({ stage }) => {
    const { folder, pack } = checkout(stage, { compilers: true })
    const { status, stdout, stderr } = pack()
    expect([status, stderr]).toEqual([0, expect.anything()])
    const [{ files }] = JSON.parse(stdout)
    const packed = files
      .map(({ path }: { path: string }) => path)
      .filter((path: string) => /prebuilds|\.node/.test(path))
    expect(packed.sort()).toEqual(addons.map(fileOf).sort())
    for (const addon of addons) expect(existsSync(join(folder, fileOf(addon)))).toBe(true)
  })
})
