import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhiveServe } from '../../helpers/processes/command.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { ask } from '../../helpers/processes/http.js'
import { canMount } from '../../helpers/processes/small-disk.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { pause, until } from '../../helpers/processes/until.js'
import { WrittenFile } from '../../helpers/python/written-file.js'
import { sendingProgram, sendsUntil } from '../../helpers/statsd/exact-sums.js'
import { hasStatsd, StatsdServer } from '../../helpers/statsd/statsd-server.js'

const timeout = 120_000
const jobs = 'jobs_total.kind.a'

describe.runIf(hasStatsd)('promhive serve sends to statsd what was counted, once', () => {
  test('through its own kills, those of the application, and changes between both', { timeout }, async ({ stage }) => {
    const { server, directory, start, count, serve } = await setUp(stage)
    const first = await start()
    await count(first, 3)
    await first.ask('start', { address: server.address, interval: 3600 })
    await sendsUntil(first, server, jobs, 3)
    const served = await serve(directory)
    const second = await start()
    // The first one has not sent these when it is killed.
    await count(first, 2)
    await first.kill()
    await receives(server, 5)
    await count(second, 4)
    await receives(server, 9)
    // It is none of the application's processes.
    const { body } = await ask(served.url)
    expect(body).toMatch(/^promhive_writers\{state="live"\} 1$/m)
    expect(body).not.toContain('promhive_sent_amounts')
    process.kill(served.pid, 'SIGKILL')
    await count(second, 10)
    const next = await serve(directory)
    await receives(server, 19)
    await second.ask('start', { address: server.address, interval: 3600 })
    await count(second, 1)
    expect(await next.stop()).toBe(0)
    await count(second, 1)
    await sendsUntil(second, server, jobs, 21)
    expect(server.badLines).toBe(0)
  })

  test('also of an application that begins again while it runs', { timeout }, async ({ stage }) => {
    const { server, directory, start, count, serve } = await setUp(stage)
    // As a volume that is mounted before the application starts.
    mkdirSync(directory)
    const served = await serve(directory)
    let sum = 0
    for (const amount of [5, 3, 9]) {
      const only = await start()
      await count(only, amount)
      await receives(server, (sum += amount))
      await only.kill()
      // It does not keep the run, so the next process begins at 0.
      const now = new Exposition((await ask(served.url)).body)
      expect(now.total('jobs_total')).toBe(amount)
    }
    expect(served.errors()).toBe('')
  })

  test('also of Python processes, which processes of Node.js join', { timeout }, async ({ stage }) => {
    const { server, directory, start, count, serve } = await setUp(stage)
    mkdirSync(directory)
    const pythonCounts = (value: number) => {
      const file = new WrittenFile('since 0.18')
      file.add({ metric: 'jobs', sample: 'jobs_total', labels: { kind: 'python' }, value })
      file.write(directory, 'counter_4000001.db')
    }
    pythonCounts(3)
    const served = await serve(directory)
    await until(
      () => exported(served.url),
      (sent) => sent > 1,
    )
    // What was counted before the first export may have been sent by a process that has ended.
    pythonCounts(10)
    const python = 'jobs_total.kind.python'
    await server.received(python, 7)
    const first = await start()
    await count(first, 5)
    await receives(server, 5)
    pythonCounts(12)
    await count(first, 1)
    await receives(server, 6)
    await server.received(python, 9)
    process.kill(served.pid, 'SIGKILL')
    const next = await serve(directory)
    await count(first, 1)
    await receives(server, 7)
    expect(server.counter(python)).toBe(9)
    expect([served.errors(), next.errors()]).toEqual(['', ''])
  })

  test.for(['the directory', 'its file'])('also after %s was removed', { timeout }, async (what, { stage }) => {
    const { server, directory, start, count, serve } = await setUp(stage)
    const first = await start()
    await count(first, 3)
    const served = await serve(directory)
    await receives(server, 3)
    const guest = () => readdirSync(directory).filter((name) => /^9\d{3}\./.test(name))
    const before = guest()
    expect(before.length).toBeGreaterThan(0)
    if (what === 'its file') for (const name of before) rmSync(join(directory, name))
    else {
      rmSync(directory, { recursive: true })
      // Exports without a directory.
      await pause(700)
    }
    // Writes its counts to a new directory.
    await first.ask('scrape')
    await count(first, 4)
    await receives(server, 7)
    process.kill(served.pid, 'SIGKILL')
    await count(first, 1)
    await serve(directory)
    await receives(server, 8)
    // It has taken the seat of the killed one.
    expect(guest()).toEqual(before)
  })

  test.runIf(canMount)(
    'or not at all, if it may not write and processes of the application have sent',
    {
      timeout,
    },
    async ({ stage }) => {
      const { server, directory, start, count, serve } = await setUp(stage)
      const first = await start()
      await count(first, 3)
      const readOnly = mountedReadOnly(stage, directory)
      const served = await serve(readOnly)
      await until(
        () => exported(served.url),
        (sent) => sent > 1,
      )
      // Sent from here: what is counted while it runs.
      await count(first, 2)
      await receives(server, 2)
      // A process of the application may write, so it has the lease.
      await first.ask('start', { address: server.address, interval: 3600 })
      await until(
        async () => /^promhive_serve_exporter_sends\{exporter="statsd"\} 0$/m.test((await ask(served.url)).body),
        (isLeft) => isLeft,
      )
      await count(first, 1)
      const second = await start()
      await first.kill()
      await until(
        () => served.errors(),
        (text) => text.includes('processes of the application send to'),
      )
      const seen = server.counter(jobs)
      await count(second, 4)
      await pause(1_000)
      expect(server.counter(jobs)).toBe(seen)
    },
  )
})

async function setUp(stage: Stage) {
  const server = await StatsdServer.start(stage)
  const directory = stage.directory()
  const start = () => stage.start(sendingProgram, { env: { PROMHIVE_DIR: directory } })
  type Process = Awaited<ReturnType<typeof start>>
  const count = (process: Process, amount: number) => process.ask('count', 'jobs_total', { kind: 'a' }, amount)
  const env = { PROMHIVE_STATSD: server.address, PROMHIVE_EXPORTERS: '{"statsd":{"interval":0.2,"timeout":10}}' }
  return { server, directory, start, count, serve: (from: string) => promhiveServe(stage, ['--dir', from], env) }
}

/** Waits until the server has received a sum, and no more. */
async function receives(server: StatsdServer, sum: number): Promise<void> {
  await server.received(jobs, sum)
  // Two more exports.
  await pause(500)
  expect(server.counter(jobs)).toBe(sum)
}

async function exported(url: string): Promise<number> {
  const { body } = await ask(url)
  return Number(/^promhive_serve_exports_total\{exporter="statsd",result="ok"\} (\d+)$/m.exec(body)?.[1])
}

/** The same directory, at another path, where nothing can be written. */
function mountedReadOnly(stage: Stage, directory: string): string {
  const path = join(stage.folder(), 'read-only')
  mkdirSync(path)
  const mount = (...args: string[]) => expect(spawnSync('mount', args).status).toBe(0)
  mount('--bind', directory, path)
  stage.after(() => void spawnSync('umount', [path]))
  mount('-o', 'remount,bind,ro', path)
  return path
}
