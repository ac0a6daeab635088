import { describe, expect } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { RuntimeProgram, RuntimeServer } from '../helpers/runtimes/runtime-application.js'
import { bun } from '../helpers/runtimes/runtimes.js'

/* The examples of docs/platforms.md. */
describe.skipIf(!bun.present)('on Bun', { concurrent: true, timeout: 240_000 }, () => {
  test.for([
    ['quick-start.ts', {}],
    ['plain-cluster.mjs', { args: ['--preload', 'promhive/register'] }],
    ['promhive', { rest: ['run', 'plain-server.mjs', '--workers', '2', '--register'] }],
  ] as const)('%s is exact through the death of a worker', async ([file, options], { stage }) => {
    const server = await RuntimeServer.start(stage, bun, file, options)
    await server.send(10)
    await server.kill()
    await server.send(10)
    expect(await server.counted()).toBe(server.answered)
    if (file !== 'promhive') expect(server.program.errors).toBe('')
  })

  test.for([
    ['threads.mjs', 'jobs_total 31\n'],
    ['two-workers.mjs', 'jobs_total 6\n'],
  ] as const)('runs %s without a warning', async ([file, prints], { stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, bun, file)
    expect({ output, errors }).toEqual({ output: prints, errors: '' })
  })

  test('Bun.serve() measures and shows requests with a web handler', async ({ stage }) => {
    const server = await RuntimeServer.start(stage, bun, 'web-server.mjs')
    await server.send(10)
    const shown = await server.read('/metrics')
    expect(shown.labelled('http_requests_total')).toMatchObject({ 'method="GET",route="/",status_code="200"': 10 })
  })

  test('bunx promhive doctor names the version of Bun and the writer', async ({ stage }) => {
    const { output } = await RuntimeProgram.run(stage, { ...bun, args: ['x', '--bun'] }, 'promhive-bin', {
      rest: ['doctor'],
    })
    expect(output).toMatch(/ok {3}promhive {5}\S+ on Bun \d+\.\d+\.\d+, linux/)
    expect(output).toMatch(/ok {3}writer {7}mmap/)
  })
})
