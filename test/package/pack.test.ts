import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const other = process.arch === 'arm64' ? 'x64' : 'arm64'
const triplet = process.arch === 'arm64' ? 'x86_64-linux-gnu' : 'aarch64-linux-gnu'
const compiler = `${triplet}-gcc`
const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
const canCompile = process.platform === 'linux' && has('cc') && has('npm')

/** A checkout without anything that was built for it, and a way to pack it with these compilers on the path. */
function checkout(stage: Stage, compilers: readonly string[]) {
  const folder = join(stage.folder(), 'checkout')
  for (const part of ['native', 'scripts', 'package.json', 'CHANGELOG.md', 'LICENSE', 'README.md']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  mkdirSync(join(folder, 'dist'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // The build of TypeScript is none of this.
  manifest.scripts.prepare = 'true'
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const bin = join(stage.folder(), 'bin')
  mkdirSync(bin)
  for (const program of ['node', 'npm', 'sh', 'true', 'as', 'ld', ...compilers]) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' })
    writeFileSync(join(bin, program), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`)
    chmodSync(join(bin, program), 0o755)
  }
  const cache = stage.folder()
  return {
    folder,
    pack() {
      const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--cache', cache], {
        cwd: folder,
        env: { PATH: bin, HOME: cache },
        encoding: 'utf8',
        timeout: 120_000,
      })
      return { status, stdout, stderr }
    },
  }
}

describe.runIf(canCompile)('npm pack', { timeout: 120_000 }, () => {
  test('fails without the compiler for the other processor, and names what to install', ({ stage }) => {
    const { folder, pack } = checkout(stage, ['cc'])
    const { status, stderr } = pack()
    expect(status).not.toBe(0)
    expect(stderr).toMatch(
      `prepack: the addon for linux-${other} cannot be built; install ${compiler} (apt-get install`,
    )
    expect(readdirSync(folder).filter((name) => name.endsWith('.tgz'))).toEqual([])
  })

  test('fails without a compiler for this processor', ({ stage }) => {
    const { status, stderr } = checkout(stage, []).pack()
    expect(status).not.toBe(0)
    expect(stderr).toContain(`prepack: the addon for linux-${process.arch} cannot be built; install a C compiler`)
  })

  test('fails when the compiler fails', ({ stage }) => {
    const { folder, pack } = checkout(stage, ['cc', 'false'])
    rmSync(join(folder, 'native', 'posix.c'))
    writeFileSync(join(folder, 'native', 'posix.c'), '#error no\n')
    const { status, stderr } = pack()
    expect(status).not.toBe(0)
    expect(stderr).toContain('#error no')
  })

  test.runIf(has(compiler))('has the addon for both processors', ({ stage }) => {
    const { status, stdout, stderr } = checkout(stage, ['cc', compiler]).pack()
    expect([status, stderr]).toEqual([0, expect.anything()])
    const [{ files }] = JSON.parse(stdout)
    const names = files.map(({ path }: { path: string }) => path).filter((path: string) => path.endsWith('.node'))
    expect(names.sort()).toEqual(['prebuilds/linux-arm64/promhive.node', 'prebuilds/linux-x64/promhive.node'])
  })
})
