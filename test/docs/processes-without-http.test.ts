import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import type { Actor } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const timeout = 120_000
const page = new DocumentationPage('docs/processes-without-http.md')
const example = join(root, 'examples', 'without-http')
const packages = join(root, 'test', 'without-http')
/** `scripts/provision.mjs` installs them if permitted. */
const hasPackages = existsSync(join(packages, 'node_modules', 'bullmq'))

describe('the page on processes without HTTP', () => {
  test('shows the files of the example, and has no broken links', () => {
    expect(page.brokenLinks()).toEqual([])
    const shown = page.blocks.filter(({ file }) => file !== undefined)
    const programs = readdirSync(example).filter((name) => /\.(?:mjs|proto)$/.test(name))
    expect(shown.map(({ file }) => file).sort()).toEqual(programs.sort())
    for (const { file, text } of shown) expect(text, file).toBe(readFileSync(join(example, file!), 'utf8'))
  })

  test('names versions of packages that the tests run with', () => {
    const dependencies = (path: string): Record<string, string> =>
      JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).dependencies
    const { promhive, ...others } = dependencies(example)
    const tested = Object.entries(dependencies(packages)).map(([name, version]) => [name, `^${version}`])
    expect(others).toEqual(Object.fromEntries(tested))
    expect(promhive).toBeDefined()
  })
})

describe.skipIf(!hasRedis || !hasPackages)('an application of processes with and without HTTP', () => {
  test('is one aggregate, at one port, with exact totals, also of a process that was killed', {
    timeout,
  }, async ({ stage }) => {
    const shop = await startShop(stage)
    await shop.order(30)
    for (let i = 0; i < 20; i++) expect(await shop.call('book')).toBe('OK')
    for (let i = 0; i < 3; i++) expect(await shop.call('')).toBe('INVALID_ARGUMENT')
    // Two at the same time, and one after them.
    await Promise.all([shop.nightly(), shop.nightly()])
    await shop.nightly()

    const mails = (seen: Exposition): number | undefined => seen.value('mails_finished_total{result="completed"}')
    const before = await shop.shows((seen) => mails(seen) === 30)
    expect(before.labelled('shop_orders_total')).toEqual({ 'channel="grpc"': 20, 'channel="http"': 30 })
    expect(before.labelled('grpc_server_handled_total')).toEqual({
      'grpc_code="INVALID_ARGUMENT",grpc_method="Take"': 3,
      'grpc_code="OK",grpc_method="Take"': 20,
    })
    expect(before.value('grpc_server_handling_seconds_count{grpc_method="Take"}')).toBe(23)
    expect(before.value('mails_send_total')).toBe(30)
    expect(before.value('nightly_deleted_rows_total')).toBe(300)
    expect(before.value('nightly_last_success_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - timeout)
    const running = { 'kind="grpc"': 1, 'kind="http"': 1, 'kind="queue"': 2 }
    expect(before.labelled('shop_processes')).toEqual(running)

    await shop.workers[0]!.kill()
    const killed = await shop.scrape()
    expect([mails(killed), killed.value('mails_send_total')]).toEqual([30, 30])
    expect(killed.labelled('shop_processes')).toEqual({ ...running, 'kind="queue"': 1 })

    await shop.order(10)
    const after = await shop.shows((seen) => mails(seen) === 40)
    expect(after.total('shop_orders_total')).toBe(60)
    // SIGTERM: both end by themselves.
    for (const each of [shop.workers[1]!, shop.grpc]) {
      expect([await each.kill('SIGTERM'), each.errors]).toEqual([{ code: 0, signal: null }, ''])
    }
    expect((await shop.scrape()).labelled('shop_processes')).toMatchObject({ 'kind="http"': 1 })
    expect(mails(await shop.scrape())).toBe(40)
  })
})

/** The example, with its packages, a Redis for its queue, and `promhive serve`. */
async function startShop(stage: Stage) {
  const { url } = await startRedis(stage)
  const [folder, directory] = [stage.folder(), stage.directory()]
  cpSync(example, folder, { recursive: true })
  link(root, join(folder, 'node_modules', 'promhive'))
  for (const name of ['bullmq', '@grpc', 'ioredis']) {
    link(join(packages, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const [port, grpcPort] = [await freePort(), await freePort()]
  const env = { PROMHIVE_DIR: directory, REDIS_URL: url, PORT: String(port), GRPC_PORT: String(grpcPort) }
  const launch = (file: string): Actor => stage.launch(join(folder, file), { cwd: folder, env })
  launch('shop.mjs')
  const [workers, grpc] = [[launch('queue-worker.mjs'), launch('queue-worker.mjs')], launch('grpc-server.mjs')]
  const served = await promhiveServe(stage, ['--dir', directory])
  const scrape = async (): Promise<Exposition> => new Exposition((await ask(served.url)).body)
  const shows = (is: (seen: Exposition) => boolean): Promise<Exposition> => until(scrape, is)
  await shows((seen) => seen.total('shop_processes') === 4)
  return {
    workers,
    grpc,
    scrape,
    shows,
    order: async (count: number) => {
      const answered = async () => (await ask(`http://127.0.0.1:${port}/order`)).status
      for (let i = 0; i < count; i++) expect(await answered()).toBe(200)
    },
    call: grpcClient(stage, join(folder, 'orders.proto'), grpcPort),
    nightly: async () => {
      const job = launch('nightly.mjs')
      expect([await job.ended, job.errors]).toEqual([{ code: 0, signal: null }, ''])
    },
  }
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}

/** Calls the method with an article; returns the name of the status. */
function grpcClient(stage: Stage, proto: string, port: number): (article: string) => Promise<string> {
  const load = createRequire(join(packages, 'package.json'))
  const grpc = load('@grpc/grpc-js')
  const { shop } = grpc.loadPackageDefinition(load('@grpc/proto-loader').loadSync(proto))
  const client = new shop.Orders(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  stage.after(() => client.close())
  return (article) =>
    new Promise((resolve) => {
      client.Take({ article }, (error: { code: number } | null) => resolve(grpc.status[error?.code ?? grpc.status.OK]))
    })
}
