import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { announceTarget } from '../../../src/etcd.js'
import { EtcdServer, hasEtcd } from '../../helpers/etcd/etcd-server.js'
import { begin, promhiveServe } from '../../helpers/processes/command.js'
import { ask } from '../../helpers/processes/http.js'
import { freePort } from '../../helpers/processes/port.js'
import { startServer } from '../../helpers/processes/prometheus-program.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'
import { pause, until } from '../../helpers/processes/until.js'
import { hasPrometheus } from '../../helpers/prometheus-server.js'

const program = fileURLToPath(new URL('programs/announces.mjs', import.meta.url))

test('a process that counts alone shows that its target is not announced', async ({ stage }) => {
  const shop = await stage.start(program)
  await shop.ask('announce', { url: `http://127.0.0.1:${await freePort()}`, address: 'web1:9464', timeout: 1 })
  const failures = 'promhive_target_announcement_failures_total{by="etcd"} 1'
  const scrape = await until(
    () => shop.ask('scrape') as Promise<string>,
    (text) => text.includes(failures),
  )
  expect(scrape).toContain('\npromhive_targets_announced{by="etcd"} 0\n')
})

describe.runIf(hasEtcd).concurrent('the metrics port of an application in etcd', () => {
  test.runIf(hasPrometheus)('is scraped by Prometheus', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const folder = stage.folder()
    const out = join(folder, 'targets', 'shop.json')
    mkdirSync(join(folder, 'targets'))
    begin(stage, ['discover', 'etcd', '--out', out, '--url', etcd.url])
    const shop = await stage.start(program, {
      env: { PROMHIVE_DIR: stage.directory(), PROMHIVE_TARGET_ADVERTISE: 'localhost' },
    })
    await shop.ask('announce', { url: etcd.url, job: 'shop', ttl: 2, labels: { region: 'eu' } })
    const { port } = (await shop.ask('serve', { port: 0 })) as { port: number }
    await shop.ask('count', 'jobs_total', {}, 3)
    const address = `localhost:${port}`
    await until(
      () => existsSync(out) && readFileSync(out, 'utf8').includes(address),
      (written) => written,
    )
    const prometheus = await prometheusReading(stage, folder)
    await until(
      () => prometheus(`jobs_total{job="shop",region="eu",instance="${address}"}`),
      (value) => value === 3,
    )
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual([
      { targets: [address], labels: { job: 'shop', region: 'eu' } },
    ])
  })

  test('is gone within its lease after a SIGKILL, in etcd and in the file for Prometheus', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const out = join(stage.folder(), 'targets.json')
    begin(stage, ['discover', 'etcd', '--out', out, '--url', etcd.url])
    const shop = await stage.start(program)
    await shop.ask('announce', { url: etcd.url, address: 'web1:9464', ttl: 2 })
    await until(
      () => existsSync(out) && readFileSync(out, 'utf8').includes('web1:9464'),
      (written) => written,
    )
    const killed = Date.now()
    await shop.kill()
    await until(
      () => readFileSync(out, 'utf8'),
      (text) => text === '[]\n',
    )
    // The lease, at most a second until etcd looks for ended ones, and the load of a test run.
    expect(Date.now() - killed).toBeLessThan(6_000)
    expect(await etcd.keys()).toEqual([])
  })

  test('is announced while it is open, reported once per outage, and counted', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const shop = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory(), PROMHIVE_ETCD: etcd.url } })
    await shop.ask('announce', { ttl: 2, timeout: 1 })
    expect(await shop.ask('announced')).toEqual({ addresses: [], announced: false })
    const { port } = (await shop.ask('serve', { port: 0 })) as { port: number }
    const key = `/promhive/targets/default/127.0.0.1:${port}`
    expect(await appears(etcd)).toMatchObject([{ key }])
    await isAnnounced(shop, true)
    await etcd.kill()
    await isAnnounced(shop, false)
    await etcd.launch({ empty: true })
    await appears(etcd)
    await isAnnounced(shop, true)
    const scrape = await shop.ask('scrape')
    expect(scrape).toContain('\npromhive_targets_announced{by="etcd"} 1\n')
    expect(scrape).toContain('\npromhive_target_announcement_failures_total{by="etcd"} 1\n')
    expect(await shop.ask('faults')).toMatchObject([{ code: 'ANNOUNCE_FAILED', reason: 'etcd' }])
    expect(await shop.ask('warnings')).toMatchObject([
      { code: 'PROMHIVE_ANNOUNCE_FAILED', message: expect.stringMatching(/^the target 127\S+ could not be announced/) },
      { code: 'PROMHIVE_RECOVERED', message: expect.stringMatching(/is announced again$/) },
    ])
    await shop.ask('stop')
    expect(await etcd.keys()).toEqual([])
  })

  test('does not keep a process running, and is withdrawn when that ends by itself', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const [shop, other] = await Promise.all([stage.start(program), stage.start(program)])
    await shop.ask('announce', { url: etcd.url, address: 'web1:80', ttl: 60 })
    await other.ask('announce', { url: 'http://127.0.0.1:1', address: 'web2:80', ttl: 60 })
    const [stored] = await appears(etcd)
    expect(stored!.key).toMatch(/^\/promhive\/targets\/default\/web1:80\/[\da-f]{8}$/)
    await Promise.all([shop.ask('letGo'), other.ask('letGo')])
    expect(await Promise.all([shop.ended, other.ended])).toMatchObject([{ code: 0 }, { code: 0 }])
    expect(await etcd.keys()).toEqual([])
  })

  test('that only this machine can reach is announced with a warning', async ({ stage }) => {
    const shop = await stage.start(program)
    // An address for documentation, which no host has.
    await shop.ask('announce', { url: 'http://192.0.2.1:2379', timeout: 0.5 })
    const { port } = (await shop.ask('serve', { port: 0 })) as { port: number }
    const text = `the announced target 127.0.0.1:${port} can be reached from this machine only`
    const warnings = await until(
      () => shop.ask<{ code: string; message: string }[]>('warnings'),
      (seen) => seen.length > 0,
    )
    expect(warnings[0]).toMatchObject({ code: 'PROMHIVE_TARGET_UNREACHABLE', message: expect.stringContaining(text) })
    await shop.ask('letGo')
    expect(await shop.ended).toMatchObject({ code: 0 })
  })

  test('that several processes name stays until the last of them has ended', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const shops = await Promise.all([stage.start(program), stage.start(program)])
    for (const shop of shops) await shop.ask('announce', { url: etcd.url, address: 'https://web1/m', ttl: 60 })
    const stored = await until(
      () => etcd.keys(),
      (keys) => keys.length === 2,
    )
    const labels = { __scheme__: 'https', __metrics_path__: '/m' }
    for (const { value } of stored) expect(JSON.parse(value)).toEqual({ targets: ['web1:443'], labels })
    await shops[0]!.ask('stop')
    expect(await etcd.keys()).toHaveLength(1)
  })

  test('is announced without code, by the process that has the port, and by its successor', async ({ stage }) => {
    const [etcd, port] = [await EtcdServer.start(stage), await freePort()]
    const env = { PROMHIVE_DIR: stage.directory(), PROMHIVE_METRICS_PORT: String(port), PROMHIVE_ETCD: etcd.url }
    const options = { env: { ...env, PROMHIVE_ETCD_TTL: '60' }, nodeArgs: ['--import', 'promhive/register'] }
    const first = await stage.start(program, options)
    const [before] = await appears(etcd)
    expect(before!.key).toBe(`/promhive/targets/default/127.0.0.1:${port}`)
    await stage.start(program, options)
    await first.kill()
    const [after] = await until(
      () => etcd.keys(),
      (keys) => keys[0]?.lease !== before!.lease,
    )
    expect(after).toEqual({ ...before, lease: after!.lease })
  })

  test('is announced by a supervisor, and withdrawn when that ends', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const file = join(stage.folder(), 'promhive.json')
    const target = { url: etcd.url, job: 'shop', labels: { region: 'eu' } }
    writeFileSync(file, JSON.stringify({ workers: 1, exporters: { etcd: target } }))
    const shop = await SupervisedApplication.start(stage, { args: ['--config', file] })
    const [stored] = await appears(etcd)
    const { host } = new URL(shop.url)
    expect(stored!.key).toBe(`/promhive/targets/shop/${host}`)
    expect(JSON.parse(stored!.value)).toEqual({ targets: [host], labels: { job: 'shop', region: 'eu' } })
    shop.signal('SIGTERM')
    expect(await shop.ended).toBe(0)
    expect(await etcd.keys()).toEqual([])
  })

  test('is announced by promhive serve', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const directory = stage.directory()
    const env = { PROMHIVE_ETCD: etcd.url, PROMHIVE_ETCD_JOB: 'shop' }
    const served = await promhiveServe(stage, ['--dir', directory], env)
    const [stored] = await appears(etcd)
    expect(stored!.key).toBe(`/promhive/targets/shop/${new URL(served.url).host}`)
    expect(await served.stop()).toBe(0)
    expect(await etcd.keys()).toEqual([])
    expect(served.errors()).toBe('')
    // It is no process of the application.
    expect(existsSync(directory)).toBe(false)
  })

  test('is the target of a process: it stays while the event loop is blocked, and is withdrawn at the exit', async ({
    stage,
  }) => {
    const etcd = await EtcdServer.start(stage)
    const shop = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
    const options = { ports: 0, labels: { region: 'eu' }, etcd: { url: etcd.url, job: 'shop', ttl: 2 } }
    const address = await shop.ask('startWorkerTarget', options)
    const [stored] = await appears(etcd)
    expect(stored!.key).toBe(`/promhive/targets/shop/${address}`)
    expect(JSON.parse(stored!.value)).toMatchObject({ targets: [address], labels: { job: 'shop', region: 'eu' } })
    // Longer than the lease and the second in which etcd looks for ended ones.
    await shop.ask('blockSoon', 4_500)
    await pause(4_000)
    expect(await etcd.keys()).toEqual([stored])
    await shop.ask('exit')
    await shop.ended
    expect(await etcd.keys()).toEqual([])
  })

  test('is not announced if each process announces its target, without code', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const env = { PROMHIVE_DIR: stage.directory(), PROMHIVE_METRICS_PORT: '0', PROMHIVE_WORKER_PORTS: '0' }
    const options = { env: { ...env, PROMHIVE_ETCD: etcd.url }, nodeArgs: ['--import', 'promhive/register'] }
    const shops = await Promise.all([stage.start(program, options), stage.start(program, options)])
    const stored = await until(
      () => etcd.keys(),
      (keys) => keys.length === 2,
    )
    const workers = stored.map(({ value }) => JSON.parse(value).labels.worker)
    expect(workers.sort()).toEqual(['1', '2'])
    await pause(300)
    expect(await etcd.keys()).toHaveLength(2)
    for (const shop of shops) await shop.ask('exit')
    await Promise.all(shops.map((shop) => shop.ended))
    expect(await etcd.keys()).toEqual([])
  })

  test('is not announced if the workers of its supervisor announce their targets', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const file = join(stage.folder(), 'promhive.json')
    const target = { url: etcd.url, job: 'shop', ttl: 2, labels: { region: 'eu' } }
    writeFileSync(file, JSON.stringify({ workers: 2, workerPorts: 0, exporters: { etcd: target } }))
    const shop = await SupervisedApplication.start(stage, { args: ['--config', file] })
    const labels = async () => (await etcd.keys()).map(({ value }) => JSON.parse(value).labels)
    const shown = await until(labels, (seen) => seen.length === 2)
    expect(shown.map(({ worker }) => worker).sort()).toEqual(['1', '2'])
    for (const each of shown) expect(each).toMatchObject({ job: 'shop', region: 'eu' })
    // Its successor may have another port; the target of the killed worker ends with its lease.
    process.kill(shop.workerPids()[0]!, 'SIGKILL')
    await until(labels, (seen) => seen.length === 2 && JSON.stringify(seen) !== JSON.stringify(shown))
    shop.signal('SIGTERM')
    expect(await shop.ended).toBe(0)
    expect(await etcd.keys()).toEqual([])
  })
})

test.for([
  [{}, /which etcd\? Name it with url/],
  [{ url: 'http://a:1', address: 'web1/x y' }, /address must be host:port, or a URL/],
  [{ url: 'http://a:1', labels: { worker: '1' } }, /promhive sets the label "worker" itself/],
  [{ url: 'http://a:1', advertise: 'http://x' }, /advertise must be a host name or an address without a port/],
  [{ url: 'http://a:1', ttl: 0 }, /ttl must be a number of seconds from 1 to 86400, got 0/],
  [{ url: 'http://a:1', job: 'a/b' }, /job must not contain "\/"/],
  [{ url: 'http://a:1', password: 'x' }, /a password needs username too/],
  [{ url: [] }, /url must be http:\/\/host:2379, https:\/\/…, or a list of these, got an array of 0/],
] as const)('announceTarget(%j) is refused', ([options, fault]) => {
  expect(() => announceTarget(options)).toThrow(
    expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(fault) }),
  )
})

function appears(etcd: EtcdServer) {
  return until(
    () => etcd.keys(),
    (keys) => keys.length === 1,
  )
}

function isAnnounced(shop: Awaited<ReturnType<Stage['start']>>, expected: boolean) {
  return until(
    () => shop.ask<{ announced: boolean }>('announced'),
    ({ announced }) => announced === expected,
  )
}

/** Starts a Prometheus that reads the targets in a folder. @returns the value of an expression with one series */
async function prometheusReading(
  stage: Stage,
  folder: string,
): Promise<(expression: string) => Promise<number | undefined>> {
  const job = { job_name: 'unnamed', file_sd_configs: [{ files: [join(folder, 'targets', '*.json')] }] }
  const config = { global: { scrape_interval: '250ms' }, scrape_configs: [job] }
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const url = await startServer(stage, 'prometheus', args)
  return async (expression) => {
    const { status, body } = await ask(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const [sample] = status === 200 ? JSON.parse(body).data.result : []
    return sample === undefined ? undefined : Number(sample.value[1])
  }
}
