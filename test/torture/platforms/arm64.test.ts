import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { addons, compiler } from '../../../scripts/addons.mjs'
import { provideAddon } from '../../../scripts/build-addon.mjs'
import { root } from '../../helpers/processes/dist.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { RuntimeProgram, RuntimeServer } from '../../helpers/runtimes/runtime-application.js'
import { type Runtime, runtime } from '../../helpers/runtimes/runtimes.js'

const emulator = '/usr/bin/qemu-aarch64-static'
/** The libraries for arm64 that Node.js needs. */
const sysroot = '/usr/aarch64-linux-gnu'
const node = join(root, 'test/matrix/node_modules/node-arm64/bin/node')
const needed = [emulator, `${sysroot}/lib/libstdc++.so.6`, node, compiler.file]
const isHere = process.arch === 'x64' && needed.every(existsSync)
const addon = addons.find(({ platform, arch }) => platform === 'linux' && arch === 'arm64')!

/** Node.js for arm64 in the emulator, which children of a program start in as well. */
function emulated(stage: Stage): Runtime {
  const folder = stage.folder()
  const [program, preload] = [join(folder, 'node'), join(folder, 'exec-path.cjs')]
  writeFileSync(preload, `process.execPath = ${JSON.stringify(program)}\n`)
  writeFileSync(program, `#!/bin/sh\nexec ${emulator} -L ${sysroot} ${node} --require ${preload} "$@"\n`)
  chmodSync(program, 0o755)
  return runtime('Node.js for arm64', program)
}

describe.skipIf(!isHere)('on arm64, in an emulator', () => {
  if (isHere) provideAddon(addon, console.error)

  /** The emulator shows another start time for its own process than other processes see, so the directory is named. */
  const env = (stage: Stage) => ({ PROMHIVE_DIR: stage.directory() })

  test.for([
    ['threads.mjs', 'jobs_total 31\n'],
    ['two-workers.mjs', 'jobs_total 6\n'],
  ] as const)('%s is exact through the death of a writer, with the addon', async ([file, prints], { stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, emulated(stage), file, { env: env(stage) })
    expect({ output, errors }).toEqual({ output: prints, errors: '' })
  })

  test('the quick start is exact through the death of a worker', async ({ stage }) => {
    const server = await RuntimeServer.start(stage, emulated(stage), 'quick-start.mjs', { env: env(stage) })
    await server.send(10)
    await server.kill()
    await server.send(10)
    expect(await server.counted()).toBe(server.answered)
    expect(server.program.errors).toBe('')
  })
})
