import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { startMetricsServer } from '../../../src/index.js'
import { loadBinding } from '../../../src/platform/addon.js'
import { livingTargets } from '../../../src/store/shared/target-file.js'
import { askSecurely, hasOpenssl, makeCertificate } from '../../helpers/certificates.js'
import type { Actor } from '../../helpers/processes/actor.js'
import { root } from '../../helpers/processes/dist.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { ask } from '../../helpers/processes/http.js'
import { listedAt, listedInFile, readAlways } from '../../helpers/processes/listed-targets.js'
import { freePort } from '../../helpers/processes/port.js'
import { type Stage, sharedBackends, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { until } from '../../helpers/processes/until.js'

const program = fileURLToPath(new URL('programs/targets.mjs', import.meta.url))
const ends = fileURLToPath(new URL('programs/ends.mjs', import.meta.url))
const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')

interface Opened {
  readonly url: string
  readonly address: string
}

async function scrape(url: string): Promise<Exposition> {
  const { status, body } = await ask(url)
  expect(status, body).toBe(200)
  return new Exposition(body)
}

/** Starts a worker of a cluster, counts in it, and opens its target. */
async function startTarget(primary: Actor, name: string, options: object, count = 1): Promise<Opened> {
  await primary.ask('startWorker', name)
  await primary.ask('askWorker', name, 'count', 'jobs_total', {}, count)
  return primary.ask<Opened>('askWorker', name, 'target', options)
}

/** `promhive serve` beside an application. */
async function serve(stage: Stage, directory: string): Promise<string> {
  const server = stage.launch(bin, { args: ['serve', '--dir', directory, '--port', '0'] })
  return until(
    () => /metrics at (http\S+)/.exec(server.output)?.[1] ?? '',
    (url) => url !== '',
  )
}

describe('the targets of a cluster', () => {
  test('show the series of one worker each, also while its event loop is blocked; a killed one is gone, and its successor has its counts and its port', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const primary = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    const first = await freePort(4)
    const fileSd = join(stage.folder(), 'shop.json')
    const options = { ports: `${first}-${first + 3}`, fileSd, labels: { app: 'shop' } }
    const reader = readAlways(fileSd)
    stage.after(() => void reader.stop())
    const names = ['a', 'b', 'c', 'd']
    const targets = await Promise.all(names.map((name, i) => startTarget(primary, name, options, i + 1)))
    const addresses = targets.map(({ address }) => address)
    expect(addresses.toSorted()).toEqual([0, 1, 2, 3].map((i) => `127.0.0.1:${first + i}`))

    for (const name of names) await primary.ask('askWorker', name, 'blockSoon', 3000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    let turned = 0
    for (const name of names)
      void primary.ask('askWorker', name, 'facts').then(
        () => turned++,
        () => {},
      )
    const blocked = await Promise.all(targets.map(({ url }) => scrape(url)))
    // Every event loop is still blocked.
    expect(turned).toBe(0)
    expect(blocked.map((shown) => shown.value('jobs_total'))).toEqual([1, 2, 3, 4])

    const merged = await serve(stage, directory)
    const listed = await until(
      () => listedInFile(fileSd) ?? {},
      (all) => Object.keys(all).length === 4,
    )
    expect(await listedAt(merged)).toEqual(listed)
    expect(Object.keys(listed)).toEqual(addresses.toSorted())
    expect(Object.values(listed).map(({ app }) => app)).toEqual(Array(4).fill('shop'))
    expect(
      Object.values(listed)
        .map(({ worker }) => worker)
        .toSorted(),
    ).toEqual(['1', '2', '3', '4'])

    await primary.ask('killWorker', 'c', 'SIGKILL')
    const gone = addresses[2]!
    expect(Object.keys(await listedAt(merged))).toEqual(addresses.filter((address) => address !== gone).toSorted())
    const killed = performance.now()
    await until(
      () => listedInFile(fileSd)!,
      (all) => !(gone in all),
    )
    expect(performance.now() - killed).toBeLessThan(10_000)

    const next = await startTarget(primary, 'e', options, 10)
    expect(next.address).toBe(gone)
    await until(
      () => listedInFile(fileSd)!,
      (all) => gone in all,
    )
    expect(listedInFile(fileSd)).toEqual(listed)
    expect((await scrape(next.url)).value('jobs_total')).toBe(13)
    expect((await scrape(merged)).value('jobs_total')).toBe(20)
    // Every reading was complete JSON.
    expect(reader.stop()).toBeGreaterThan(100)
  })
})

describe.each(sharedBackends)('the target of a process ($backend)', ({ env }) => {
  test('is listed while the process lives, and its successor has its counts and its port', async ({ stage }) => {
    const directory = stage.directory()
    const { binding } = loadBinding()
    const listed = (): readonly string[] => livingTargets(directory, binding).map(({ address }) => address)
    const one = await stage.start(program, { env: { ...env, PROMHIVE_DIR: directory } })
    const other = await stage.start(program, { env: { ...env, PROMHIVE_DIR: directory } })
    await one.ask('count', 'jobs_total', {}, 3)
    const first = await one.ask<Opened>('target', { ports: 0 })
    const second = await other.ask<Opened>('target', { ports: 0 })
    await until(listed, (addresses) => addresses.length === 2)
    // A process that reads the locks from /proc, as without the addon, sees the same.
    expect(livingTargets(directory, undefined)).toEqual(livingTargets(directory, binding))
    expect(
      livingTargets(directory, binding)
        .map(({ labels }) => labels.worker)
        .toSorted(),
    ).toEqual(['1', '2'])
    await one.kill()
    expect(listed()).toEqual([second.address])
    const next = await stage.start(program, { env: { ...env, PROMHIVE_DIR: directory } })
    await next.ask('count', 'jobs_total', {}, 1)
    expect(await next.ask('target', { ports: 0 })).toEqual(first)
    await until(
      async () => (await scrape(first.url)).value('jobs_total'),
      (jobs) => jobs === 4,
    )
  })
})

describe('a metrics port lists the living targets of the application', { concurrent: true }, () => {
  test('startMetricsServer(), in a process with or without a target', async ({ stage }) => {
    const env = { PROMHIVE_DIR: stage.directory() }
    const [one, other, without] = await Promise.all([1, 2, 3].map(() => stage.start(program, { env })))
    const { url: merged } = await without!.ask<Opened>('serve', { port: 0 })
    expect(await listedAt(merged)).toEqual({})
    const targets = await Promise.all([one!, other!].map((process) => process.ask<Opened>('target', { ports: 0 })))
    const addresses = targets.map(({ address }) => address)
    const listed = await until(
      () => listedAt(merged),
      (all) => Object.keys(all).length === 2,
    )
    expect(Object.keys(listed)).toEqual(addresses.toSorted())
    expect(await listedAt((await one!.ask<Opened>('serve', { port: 0 })).url)).toEqual(listed)
    await other!.kill()
    expect(Object.keys(await listedAt(merged))).toEqual([addresses[0]])
  })

  test('promhive/register, and the process that takes the port over', async ({ stage }) => {
    const port = await freePort()
    const merged = `http://127.0.0.1:${port}/metrics`
    const nodeArgs = ['--import', 'promhive/register']
    const env = { PROMHIVE_DIR: stage.directory(), PROMHIVE_METRICS_PORT: String(port), PROMHIVE_WORKER_PORTS: '0' }
    const one = await stage.start(program, { nodeArgs, env })
    await until(
      () => listedAt(merged).catch(() => ({})),
      (all) => Object.keys(all).length === 1,
    )
    const other = await stage.start(program, { nodeArgs, env })
    const { address } = await until(
      () => other.ask<Opened>('target', { ports: 0 }),
      (opened) => opened.address !== undefined,
    )
    const both = await until(
      () => listedAt(merged),
      (all) => Object.keys(all).length === 2,
    )
    expect(Object.keys(both)).toContain(address)
    await one.kill()
    const left = await until(
      () => listedAt(merged).catch(() => ({})),
      (all) => Object.keys(all).length === 1,
    )
    expect(left).toEqual({ [address]: both[address] })
  })

  test('refuses the path of the list for the metrics', async () => {
    const refused = { code: 'OPTION_INVALID', message: expect.stringContaining('path cannot be /targets') }
    await expect(startMetricsServer({ port: 0, path: '/targets' })).rejects.toMatchObject(refused)
  })

  test('is empty without a shared directory', async ({ stage }) => {
    const alone = await stage.start(program)
    expect(await listedAt((await alone.ask<Opened>('serve', { port: 0 })).url)).toEqual({})
  })
})

describe('the target of a process', { concurrent: true }, () => {
  test('needs no directory, shows the threads and the default labels, and is not a writer', async ({ stage }) => {
    const process = await stage.start(program)
    await process.ask('labels', { app: 'shop' })
    await process.ask('count', 'jobs_total', {}, 3)
    await process.ask('setGauge', 'depth', 'all', 4)
    const { url } = await process.ask<Opened>('target', { ports: 0 })
    await process.ask('countInThread')
    const shown = await scrape(url)
    expect(shown.value('jobs_total{app="shop"}')).toBe(3)
    expect(shown.value('threads_total{app="shop"}')).toBe(5)
    expect(shown.labelled('depth')).toEqual({ 'worker="1",app="shop"': 4 })
    const { body } = await ask(url)
    expect(body).toContain('promhive_writers{app="shop",state="live"} 2')
    expect(body).toContain('promhive_targets_announced{by="directory",app="shop"} 1')
    const openMetrics = await ask(`${url}?name[]=jobs_total`)
    expect(openMetrics.body.match(/^jobs/gm)).toEqual(['jobs'])
    // The labels that are set later too.
    await process.ask('labels', { app: 'store' })
    await until(
      () => scrape(url),
      (later) => later.value('jobs_total{app="store"}') === 3,
    )
  })

  test('is one: a further call returns it, and after close() there is another', async ({ stage }) => {
    const process = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    const { url } = await process.ask<Opened>('target', { ports: 0 })
    expect(await process.ask('again', { ports: 0 })).toBe(true)
    await process.ask('close')
    await expect(ask(url)).rejects.toThrow()
    const next = await process.ask<Opened>('target', { ports: 0, path: '/numbers' })
    expect(next.url).toMatch(/\/numbers$/)
    await scrape(next.url)
    expect(await process.ask('inThread', { ports: 0 })).toBe('START_FAILED')
  })

  test.for(['end', 'exit'])(
    'does not keep its process running, and is withdrawn by then (%s)',
    async (how, { stage }) => {
      const fileSd = join(stage.folder(), 'shop.json')
      const directory = stage.directory()
      const process = stage.launch(ends, { args: [fileSd, how], env: { PROMHIVE_DIR: directory } })
      // The channel of the test keeps it running.
      process.child.disconnect()
      expect(await process.ended).toEqual({ code: 0, signal: null })
      expect(process.output).toMatch(/^127\.0\.0\.1:\d+\n$/)
      expect(listedInFile(fileSd)).toEqual({})
      expect(readdirSync(directory).filter((name) => name.endsWith('.target'))).toEqual([])
    },
  )

  test('waits for a port if all of them are taken, and reports that', async ({ stage }) => {
    const port = await freePort()
    const blocker = createServer().listen(port, '127.0.0.1')
    stage.after(() => void blocker.close())
    const process = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    expect(await process.ask<Opened>('target', { ports: `${port}-${port}` })).toEqual({})
    const [fault, ...others] = await process.ask<{ code: string; message: string }[]>('faults')
    expect(fault).toMatchObject({ code: 'PORT_TAKEN' })
    expect(fault!.message).toContain(`all ports from ${port} to ${port} are taken`)
    expect(others).toEqual([])
    blocker.close()
    const { address } = await until(
      () => process.ask<Opened>('opened'),
      ({ url }) => url !== undefined,
    )
    expect(address).toBe(`127.0.0.1:${port}`)
  })

  test('has the announced name in its address, and answers requests with that name', async ({ stage }) => {
    const directory = stage.directory()
    const process = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    const { address } = await process.ask<Opened>('target', { ports: 0, advertise: 'web1.example.com', path: '/m' })
    expect(address).toMatch(/^web1\.example\.com:\d+$/)
    const [target] = await until(
      () => livingTargets(directory, loadBinding().binding),
      (living) => living.length === 1,
    )
    expect(target).toEqual({
      id: address,
      address,
      labels: { worker: '1', __metrics_path__: '/m', __meta_promhive_pid: String(process.pid) },
    })
  })

  test.skipIf(!hasOpenssl)('answers over HTTPS, and the announcement says so', async ({ stage }) => {
    const directory = stage.directory()
    const tls = makeCertificate(stage.folder(), 'metrics')
    const process = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    await process.ask('count', 'jobs_total', {}, 3)
    const { url } = await process.ask<Opened>('target', { ports: 0, tls })
    expect(url).toMatch(/^https:/)
    const { body } = await askSecurely(url, { ca: readFileSync(tls.certfile) })
    expect(new Exposition(body).value('jobs_total')).toBe(3)
    const [target] = await until(
      () => livingTargets(directory, loadBinding().binding),
      (living) => living.length === 1,
    )
    expect(target!.labels.__scheme__).toBe('https')
    expect(await process.ask('scrape')).toContain('promhive_tls_certificate_not_after_timestamp_seconds{file=')
    await process.ask('close')
    expect(await process.ask('scrape')).toContain('promhive_targets_announced{by="directory"} 0')
  })

  test('continues after its directory was removed, and is announced again', async ({ stage }) => {
    const directory = stage.directory()
    const process = await stage.start(program, { env: { PROMHIVE_DIR: directory } })
    await process.ask('count', 'jobs_total', {}, 3)
    const { url, address } = await process.ask<Opened>('target', { ports: 0 })
    await scrape(url)
    rmSync(directory, { recursive: true })
    expect((await scrape(url)).value('jobs_total')).toBe(3)
    // A scrape of the process notices that, as its check every ten seconds does.
    await process.ask('scrape')
    await process.ask('count', 'jobs_total', {}, 1)
    const binding = loadBinding().binding
    await until(
      () => livingTargets(directory, binding).map((target) => target.address),
      (living) => living[0] === address,
    )
    expect((await scrape(url)).value('jobs_total')).toBe(4)
  })

  test('reads and announces in another directory when its process counts there', async ({ stage }) => {
    const [first, next] = [stage.directory('first'), stage.directory('next')]
    const process = await stage.start(program, { env: { PROMHIVE_DIR: first } })
    await process.ask('count', 'jobs_total', {}, 3)
    await process.ask('target', { ports: 0 })
    await process.ask('configure', { dir: next })
    await process.ask('count', 'jobs_total', {}, 1)
    const { binding } = loadBinding()
    const [target] = await until(
      () => (existsSync(next) ? livingTargets(next, binding) : []),
      (living) => living.length === 1,
    )
    expect(livingTargets(first, binding)).toEqual([])
    expect((await scrape(`http://${target!.address}/metrics`)).value('jobs_total')).toBe(4)
  })

  test('that cannot listen on its address refuses to start', async ({ stage }) => {
    const process = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    const fault = { code: 'SERVER_FAILED', message: expect.stringContaining('192.0.2.1:') }
    await expect(process.ask('target', { ports: 0, host: '192.0.2.1' })).rejects.toMatchObject(fault)
    expect((await process.ask<Opened>('target', { ports: 0 })).url).toMatch(/^http/)
  })

  test('needs a directory', async ({ stage }) => {
    const process = await stage.start(program, {
      env: { PROMHIVE_BACKEND_CLASS: 'promhive/redis', PROMHIVE_BACKEND_CONFIG: '{"url":"redis://127.0.0.1:1"}' },
    })
    await expect(process.ask('target', { ports: 0 })).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('this process counts in redis. Count in a directory (PROMHIVE_DIR'),
    })
  })
})

describe('without code', { concurrent: true }, () => {
  test('promhive/register: a target for each process; a faulty setting never reaches the application', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const env = { PROMHIVE_DIR: directory, PROMHIVE_METRICS_PORT: 'off' }
    const nodeArgs = ['--import', 'promhive/register']
    const idle = join(root, 'test', 'processes', 'programs', 'actor.mjs')
    await stage.start(idle, { nodeArgs, env: { ...env, PROMHIVE_WORKER_PORTS: '0' } })
    const faulty = await stage.start(idle, { nodeArgs, env: { ...env, PROMHIVE_WORKER_PORTS: '9599-9500' } })
    await until(
      () => livingTargets(directory, loadBinding().binding).length,
      (living) => living === 1,
    )
    await faulty.ask('facts')
    const text =
      'PROMHIVE_WORKER_PORTS must be a range of ports such as 9500-9599, one port, or 0 for any free one, got "9599-9500"'
    await until(
      () => faulty.errors,
      (errors) => errors.includes(text),
    )
  })

  test('threads of promhive’s own load nothing that NODE_OPTIONS names', async ({ stage }) => {
    const trace = join(stage.folder(), 'loaded')
    const preload = join(stage.folder(), 'preload.cjs')
    writeFileSync(
      preload,
      `require('node:fs').appendFileSync(${JSON.stringify(trace)}, require('node:worker_threads').isMainThread ? 'm' : 't')`,
    )
    const env = { NODE_OPTIONS: `--require ${preload}`, PROMHIVE_WORKER_PORTS: '0' }
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--timeout', '2'], env })
    await until(
      () => listedAt(app.url),
      (all) => Object.keys(all).length === 1,
    )
    // The thread that watches the event loop has started by then: it reports where the worker is blocked.
    await app.ask('/block')
    await app.says(/has been in|blocked/)
    expect(readFileSync(trace, 'utf8')).not.toContain('t')
  })
})

test('a targets file can be read by Prometheus, which runs as another user', async ({ stage }) => {
  const fileSd = join(stage.folder(), 'shop.json')
  const env = { PROMHIVE_DIR: stage.directory() }
  const process = await stage.start(program, { env, wrapper: ['sh', '-c', 'umask 077; exec "$@"', 'sh'] })
  await process.ask('target', { ports: 0, fileSd })
  await until(
    () => listedInFile(fileSd),
    (all) => all !== undefined,
  )
  expect(statSync(fileSd).mode & 0o777).toBe(0o644)
})
