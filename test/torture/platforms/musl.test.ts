import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { root } from '../../helpers/processes/dist.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { RuntimeProgram, RuntimeServer } from '../../helpers/runtimes/runtime-application.js'
import { runtime } from '../../helpers/runtimes/runtimes.js'

/** No Node.js for musl comes with npm; Bun for musl does, and loads the same addon with the same loader as Alpine. */
const bun = runtime('Bun', join(root, 'test/matrix/node_modules/@oven/bun-linux-x64-musl/bin/bun'))
const isHere = process.arch === 'x64' && existsSync('/lib/ld-musl-x86_64.so.1') && existsSync(bun.program)

/** Alpine has a libstdc++ for musl; Debian's needs a few symbols that only glibc has. */
function libraries(stage: Stage): Record<string, string> {
  const folder = join(stage.folder(), 'lib')
  mkdirSync(folder)
  for (const name of ['libstdc++.so.6', 'libgcc_s.so.1']) {
    const file = execFileSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
    copyFileSync(file, join(folder, name))
  }
  const shared = ['-shared', '-fPIC', '-nostdlib', '-O1']
  const preload = join(folder, 'glibc-for-musl.so')
  execFileSync('cc', [...shared, '-o', preload, join(root, 'test/torture/platforms/glibc-for-musl.c')])
  const loader = 'ld-linux-x86-64.so.2'
  execFileSync('cc', [...shared, `-Wl,-soname,${loader}`, '-o', join(folder, loader), '-x', 'c', '/dev/null'])
  return { LD_LIBRARY_PATH: folder, LD_PRELOAD: preload }
}

describe.skipIf(!isHere)('with the loader and the C library of musl', () => {
  test.for([
    ['threads.mjs', 'jobs_total 31\n'],
    ['two-workers.mjs', 'jobs_total 6\n'],
  ] as const)('%s is exact through the death of a writer, with the addon', async ([file, prints], { stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, bun, file, { env: libraries(stage) })
    // Without the addon there would be a warning, and the count of the killed worker would be missing.
    expect({ output, errors }).toEqual({ output: prints, errors: '' })
  })

  test('the quick start is exact through the death of a worker', async ({ stage }) => {
    const server = await RuntimeServer.start(stage, bun, 'quick-start.mjs', { env: libraries(stage) })
    await server.send(10)
    await server.kill()
    await server.send(10)
    expect(await server.counted()).toBe(server.answered)
    expect(server.program.errors).toBe('')
  })

  test('musl serves the process, not glibc', async ({ stage }) => {
    const args = ['-e', "console.log(require('fs').readFileSync('/proc/self/maps', 'latin1'))"]
    const { output } = await RuntimeProgram.run(stage, { ...bun, args }, '', { env: libraries(stage) })
    expect(output).toMatch(/musl.*libc\.so$/m)
    expect(output).not.toMatch(/libc\.so\.6|libc-\d/)
  })
})
