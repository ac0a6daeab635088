import { describe, expect } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { RuntimeProgram, RuntimeServer } from '../helpers/runtimes/runtime-application.js'
import { newestNode } from '../helpers/runtimes/runtimes.js'

/** What is run with `--permission` brings warnings of Node's own about it. */
const lenient = { ...newestNode, args: [] }
/** Whether this Node has what some tests are about; the newest one has it all, the oldest does not. */
const [major = 0, minor = 0] = newestNode.version
const stripsTypes = major > 22 || (major === 22 && minor >= 18)

/* The examples of docs/platforms.md. */
describe.skipIf(!newestNode.present)('on the newest Node.js', { concurrent: true, timeout: 240_000 }, () => {
  test.for(['quick-start.mjs', 'quick-start.cjs', 'quick-start.ts'])(
    '%s is exact through the death of a worker, without a warning',
    async (file, { stage, skip }) => {
      skip(file.endsWith('.ts') && !stripsTypes)
      const server = await RuntimeServer.start(stage, newestNode, file)
      await server.send(10)
      await server.kill()
      await server.send(10)
      expect(await server.counted()).toBe(server.answered)
      expect(server.program.errors).toBe('')
    },
  )

  test.for([
    ['--import', { args: ['--import', 'promhive/register'] }],
    ['--require', { args: ['--require', 'promhive/register'] }],
    ['NODE_OPTIONS', { env: { NODE_OPTIONS: '--import promhive/register' } }],
  ] as const)('counts requests of workers with register, by %s', async ([, options], { stage }) => {
    const server = await RuntimeServer.start(stage, newestNode, 'plain-cluster.mjs', options)
    await server.send(10)
    await server.kill()
    await server.send(10)
    expect(await server.counted()).toBe(server.answered)
    expect(server.program.errors).toBe('')
  })

  test('runs an application with promhive run, and serves its directory with promhive serve', async ({ stage }) => {
    const directory = stage.directory()
    const rest = ['run', 'plain-server.mjs', '--workers', '2', '--dir', directory, '--register']
    const server = await RuntimeServer.start(stage, newestNode, 'promhive', { rest })
    await server.send(10)
    await server.kill()
    await server.send(10)
    expect(await server.counted()).toBe(server.answered)
    expect(server.program.errors).toMatch(/^promhive: worker \d \(\d+\) ended by SIGKILL: signal, .*\n/)
    const serve = RuntimeProgram.startIn(stage, newestNode, 'promhive', server.folder, {
      rest: ['serve', '--dir', directory, '--port', '0'],
    })
    const url = new URL(
      await until(
        () => /at (http\S+)\n/.exec(serve.output)?.[1] ?? '',
        (seen) => seen !== '' || serve.over,
      ),
    )
    const served = await server.scrape('/metrics', Number(url.port))
    const get = 'http_requests_total{method="GET",route="_unmatched",status_code="200"}'
    expect(served.value(get)).toBe(server.answered)
    expect(serve.errors).toBe('')
  })

  test.for([
    ['threads.mjs', 'jobs_total 31\n'],
    ['two-workers.mjs', 'jobs_total 6\n'],
    ['requires.cjs', 'jobs_total 2\n'],
    ['entries.mjs', expect.stringMatching(/^\d\d entries\n$/)],
  ] as const)('runs %s without a warning', async ([file, prints], { stage }) => {
    const { output, errors } = await RuntimeProgram.run(stage, newestNode, file)
    expect({ output, errors }).toEqual({ output: prints, errors: '' })
  })

  describe.skipIf(major < 22)('with --permission', { concurrent: true }, () => {
    const read = ['--permission', '--allow-fs-read=*']
    const all = [...read, '--allow-fs-write=*', '--allow-child-process', ...(major < 25 ? [] : ['--allow-net'])]

    test('is exact with --allow-addons', async ({ stage }) => {
      const { output, errors } = await RuntimeProgram.run(stage, lenient, 'two-workers.mjs', {
        args: [...all, '--allow-addons'],
      })
      expect(output).toBe('jobs_total 6\n')
      expect(errors).not.toContain('PROMHIVE')
    })

    test('counts without --allow-addons as without an addon, and names the option', async ({ stage }) => {
      const { output, errors } = await RuntimeProgram.run(stage, lenient, 'two-workers.mjs', { args: all })
      // The count of the killed worker was not written yet.
      expect(output).toMatch(/^jobs_total [36]\n$/)
      expect(errors).toContain('start it without --no-addons, and with --allow-addons if it runs with --permission')
    })

    test('counts in memory without a folder to write to', async ({ stage }) => {
      const { output, errors } = await RuntimeProgram.run(stage, lenient, 'alone.mjs', { args: read })
      expect({ output, errors }).toEqual({ output: 'jobs_total 3\n', errors: '' })
    })
  })
})
