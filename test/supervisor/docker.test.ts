import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { Docker } from '../helpers/processes/docker.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { Stage } from '../helpers/processes/stage.js'
import { childrenOf, loadOn } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 180_000

const stage = new Stage()
const started = await Docker.startWith(stage, 'node:20-slim')
afterAll(() => stage.clear(), timeout)

describe.skipIf(started === undefined)('in containers of a real Docker (needs root)', () => {
  const docker = started!

  beforeAll(() => {
    const folder = join(stage.folder(), 'shop')
    cpSync(join(root, 'examples', 'docker'), folder, { recursive: true })
    useOurPackage(folder)
    docker.build('shop', folder)
    const sidecar = join(stage.folder(), 'sidecar')
    cpSync(join(root, 'examples', 'sidecar'), sidecar, { recursive: true })
    useOurPackage(sidecar)
    docker.build('metrics-sidecar', sidecar)
  }, timeout)

  test('the example is process 1, and counts through a reload, scaling and a kill', { timeout }, async () => {
    const shop = await Container.start(docker, 'shop', ['--read-only'])
    expect(shop.workers()).toHaveLength(4)
    const load = loadOn(shop.port, { clients: 4, path: '/order' })
    docker.run('kill', '--signal', 'HUP', 'shop')
    await shop.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="reload"}') === 4)
    docker.run('kill', '--signal', 'TTIN', 'shop')
    await shop.shows((seen) => seen.value('app_worker_state{worker_id="5",app_worker_state="running"}') === 1)
    const { sent, faults } = await load.stop()
    expect(faults).toEqual({})
    await shop.shows((seen) => seen.value(orders) === sent)
    // Those that were replaced leave without haste.
    const [first] = await until(
      () => shop.workers(),
      (pids) => pids.length === 5,
    )
    process.kill(first!, 'SIGKILL')
    const after = await shop.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1)
    expect(after.value(orders)).toBe(sent)
  })

  test('docker stop lets it finish the requests in progress, and it ends with code 0', { timeout }, async () => {
    const stopped = await Container.start(docker, 'stopped', served)
    const slow = ask(`http://127.0.0.1:${stopped.port}/slow`)
    await stopped.shows((seen) => seen.total('app_worker_requests_in_flight') === 1)
    docker.run('stop', 'stopped')
    expect((await slow).body).toBe('late')
    expect(docker.exitCode('stopped')).toBe(0)
    // Its counts were in the container's own memory: the next run begins at 0, which Prometheus handles.
    docker.run('start', 'stopped')
    await stopped.ready()
    expect((await stopped.scrape()).total('app_worker_requests_total')).toBe(0)
  })

  test('a worker that the kernel kills for the memory of the container loses nothing', { timeout }, async () => {
    const small = await Container.start(docker, 'small', [...served, '--memory', '600m', '--memory-swap', '600m'])
    const workers = small.workers()
    const url = `http://127.0.0.1:${small.port}`
    let answered = 0
    for (; answered < 100; answered++) await ask(`${url}/`)
    // 200 MB each, until it is too much; the kernel takes the largest, which need not be the one that asked for more.
    // A connection that is being passed to a worker when it is killed may get no answer, in node:cluster itself.
    while ((await ask(`${url}/hoard`, 'GET', 10_000).catch(() => undefined)) !== undefined) answered++
    const after = await small.shows(
      (seen) =>
        (seen.value('app_primary_worker_restarts_total{reason="signal"}') ?? 0) > 0 &&
        [1, 2, 3, 4].every((id) => seen.value(`app_worker_state{worker_id="${id}",app_worker_state="running"}`) === 1),
    )
    // The worker may have been killed over a request: that one is counted as failed.
    const lost = after.total('app_worker_failed_requests_total')
    expect(after.total('app_worker_requests_total')).toBe(answered + lost)
    expect(docker.exitCode('small')).toBeUndefined()
    await until(
      () => small.workers(),
      (now) => now.length === 4 && now.some((pid) => !workers.includes(pid)),
    )
  })

  test('two containers and a sidecar share a volume, and one of them is killed', { timeout }, async () => {
    docker.run('volume', 'create', '--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=uid=1000', 'metrics')
    const shared = ['--volume', 'metrics:/metrics', '--env', 'PROMHIVE_DIR=/metrics/shop']
    const [one, two] = [await freePort(), await freePort()]
    const server = ['node', 'server.mjs']
    docker.container('one', [...shared, '--env', `PORT=${one}`], 'shop', server)
    docker.container('two', [...shared, '--env', `PORT=${two}`], 'shop', server)
    // The image of the sidecar, with a read-only volume, as in its manifest for Kubernetes.
    const readOnly = ['--read-only', '--volume', 'metrics:/metrics:ro']
    const own = ['--host', '127.0.0.1', '--port', '0']
    docker.container('sidecar', readOnly, 'metrics-sidecar', ['--dir', '/metrics/shop', ...own])
    const sidecar = new Container(docker, 'sidecar', 0)
    await sidecar.ready()
    for (const port of [one, two]) await until(() => answers(port), Boolean)
    const loads = [one, two].map((port) => loadOn(port, { clients: 2, path: '/order' }))
    await until(
      () => loads.map((load) => load.answered()),
      (answered) => answered.every((count) => count > 50),
    )
    const sent = (await Promise.all(loads.map((load) => load.stop()))).reduce((sum, load) => sum + load.answered, 0)
    await sidecar.shows((seen) => seen.value(orders) === sent)
    docker.run('kill', 'one')
    expect(docker.exitCode('one')).toBe(137)
    expect((await sidecar.scrape()).value(orders)).toBe(sent)
    await ask(`http://127.0.0.1:${two}/order`)
    docker.run('start', 'one')
    await until(() => answers(one), Boolean)
    await ask(`http://127.0.0.1:${one}/order`)
    await sidecar.shows((seen) => seen.value(orders) === sent + 2)
    docker.run('stop', '--time', '0', 'one', 'two')
    expect((await sidecar.scrape()).value(orders)).toBe(sent + 2)
  })
})

/** Replaces the example's own server: one that also answers late, and allocates memory. */
const served = ['--volume', `${join(root, 'test', 'supervisor', 'programs', 'serves.mjs')}:/app/server.mjs:ro`]
const orders = 'shop_orders_total{kind="book"}'

/** A container of the example; the names of the supervisor's families begin with `app_`. */
class Container {
  private url = ''

  constructor(
    private readonly docker: Docker,
    private readonly name: string,
    readonly port: number,
  ) {}

  static async start(docker: Docker, name: string, args: readonly string[] = []): Promise<Container> {
    const port = await freePort()
    const env = {
      PORT: port,
      PROMHIVE_METRICS_PORT: 0,
      PROMHIVE_METRICS_HOST: '127.0.0.1',
      PROMHIVE_METRIC_PREFIX: 'app_',
    }
    const settings = Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`])
    docker.container(name, [...settings, ...args], 'shop')
    const container = new Container(docker, name, port)
    await container.ready()
    return container
  }

  /** Waits until it prints the address of its metrics, since its last start. */
  async ready(): Promise<void> {
    const known = this.url
    const logs = await until(
      () => this.docker.logs(this.name),
      (text) => lastUrl(text) !== known || this.docker.exitCode(this.name) !== undefined,
    )
    this.url = lastUrl(logs)
    if (this.url === known) throw new Error(`${this.name} ended: ${logs}`)
    expect(logs).not.toMatch(/warning|without the native addon/i)
  }

  /** The pids of its workers, as the host has them, in the order in which they were started. */
  workers(): number[] {
    return childrenOf(this.docker.pid(this.name))
  }

  async scrape(): Promise<Exposition> {
    return new Exposition((await ask(this.url)).body)
  }

  shows(is: (scrape: Exposition) => boolean): Promise<Exposition> {
    return until(() => this.scrape(), is)
  }
}

function lastUrl(logs: string): string {
  return [...logs.matchAll(/at (http:\S+)\n/g)].at(-1)?.[1] ?? ''
}

async function answers(port: number): Promise<boolean> {
  return ask(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )
}

/** The example takes promhive from the registry; here it is what this checkout packs. */
function useOurPackage(folder: string): void {
  const { version, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const manifest = { name: 'shop', private: true, type: 'module', dependencies: { promhive: 'file:/promhive.tgz' } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const packages = { '': manifest, 'node_modules/promhive': { version, bin, resolved: 'file:../promhive.tgz' } }
  const lock = { name: 'shop', lockfileVersion: 3, requires: true, packages }
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
}
