import { describe, expect } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { RuntimeProgram, RuntimeServer } from '../helpers/runtimes/runtime-application.js'
import { deno } from '../helpers/runtimes/runtimes.js'

/** What docs/platforms.md names. */
const permissions = ['env', 'read', 'write', 'sys', 'ffi', 'net', 'run'].map((name) => `--allow-${name}`)

describe.skipIf(!deno.present)('on Deno', { concurrent: true, timeout: 240_000 }, () => {
  // Without a kill: Deno's cluster may hand no connection to any worker after one was killed. Two workers below are killed.
  test.for([
    ['quick-start.ts', permissions],
    // Only in `npm run test:matrix`: on a busy machine, Deno's cluster may hand a connection to no worker without a kill, too.
    ...(process.env.TEST_MATRIX === 'true' ? [['registered-cluster.mjs', ['-A']] as const] : []),
  ] as const)('%s is exact', async ([file, args], { stage }) => {
    const server = await RuntimeServer.start(stage, deno, file, { args, env: { PROMHIVE_DIR: stage.directory() } })
    await server.send(20)
    expect(await server.counted()).toBe(server.answered)
    expect(server.program.errors).toBe('')
  })

  test.for([
    ['threads.mjs', 'jobs_total 31\n'],
    ['two-workers.mjs', 'jobs_total 6\n'],
  ] as const)('runs %s exactly, without a warning', async ([file, prints], { stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, deno, file, { args: ['-A'] })
    expect({ output, errors }).toEqual({ output: prints, errors: '' })
  })

  test('Deno.serve() measures and shows requests with a web handler', async ({ stage }) => {
    const server = await RuntimeServer.start(stage, deno, 'web-server.mjs', { args: ['-A'] })
    await server.send(10)
    const shown = await server.read('/metrics')
    expect(shown.labelled('http_requests_total')).toMatchObject({ 'method="GET",route="/",status_code="200"': 10 })
  })

  test('counts alone without a permission, names the permission, and reads no variable', async ({ stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, deno, 'alone.mjs', { args: ['--allow-read'] })
    expect(output).toBe('jobs_total 3\n')
    expect(errors).toMatch(/PROMHIVE_DIRECTORY_UNUSABLE\] promhive: .*--allow-\w+.*; counting in this process alone\n/)
  })

  test('reads the variables that it has a permission for, and no others', async ({ stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, deno, 'alone.mjs', {
      args: ['--allow-env=PROMHIVE_DIR,TMPDIR,TMP,TEMP', '--allow-read', '--allow-sys'],
      env: { PROMHIVE_DIR: 'memory', PROMHIVE_WORKER_LABEL: 'not read, or an error' },
    })
    expect({ output, errors }).toEqual({ output: 'jobs_total 3\n', errors: '' })
  })

  test('promhive run refuses to start workers, and says what to do', async ({ stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, deno, 'promhive', {
      args: ['-A'],
      rest: ['run', 'plain-server.mjs'],
    })
    expect(output).toBe('')
    expect(errors).toMatch(/supervise: Deno .*; use Node\.js for it, or start the workers with node:cluster/)
  })
})
