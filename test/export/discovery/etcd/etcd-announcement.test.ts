import { type AddressInfo, createServer } from 'node:net'
import { describe, expect } from 'vitest'
import { EtcdAnnouncement } from '../../../../src/export/discovery/etcd/etcd-announcement.js'
import { type EtcdOptions, etcdSettings } from '../../../../src/export/discovery/etcd/etcd-options.js'
import { hasOpenssl, makeCertificate } from '../../../helpers/certificates.js'
import { EtcdServer, hasEtcd } from '../../../helpers/etcd/etcd-server.js'
import { freePort } from '../../../helpers/processes/port.js'
import { type Stage, test } from '../../../helpers/processes/stage.js'
import { pause, until } from '../../../helpers/processes/until.js'

const target = { id: 'web1:9500', address: 'web1:9500', labels: { worker: '3' } }
const key = '/promhive/targets/shop/web1:9500'

describe.runIf(hasEtcd).concurrent('a target in etcd', () => {
  test('is announced under a lease, renewed, and removed when it stops', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const { announcement, events } = announce(stage, { url: etcd.url })
    await announcement.start(target)
    const [stored] = await etcd.keys()
    expect(stored).toMatchObject({ key, lease: expect.stringMatching(/^\d{5,}$/) })
    expect(JSON.parse(stored!.value)).toEqual({ targets: ['web1:9500'], labels: { job: 'shop', worker: '3' } })
    const revision = await etcd.revision()
    await pause(2_500)
    expect(await etcd.keys()).toEqual([stored])
    expect(await etcd.revision()).toBe(revision)
    await announcement.stop()
    expect(await etcd.keys()).toEqual([])
    expect(await etcd.leases()).toEqual([])
    expect(events).toEqual(['announced'])
  })

  test('is announced again after etcd was away, with its data and without, and after its lease or key was lost', async ({
    stage,
  }) => {
    const etcd = await EtcdServer.start(stage)
    const { announcement, events } = announce(stage, { url: etcd.url })
    await announcement.start(target)
    const appears = () =>
      until(
        () => etcd.keys(),
        (keys) => keys.length === 1,
      )
    for (const empty of [false, true]) {
      await etcd.kill()
      await until(
        () => events,
        (seen) => seen.at(-1) !== 'announced',
      )
      await etcd.launch({ empty })
      await appears()
      await until(
        () => events,
        (seen) => seen.at(-1) === 'announced',
      )
    }
    expect(events).toEqual([
      'announced',
      expect.stringMatching(/^ANNOUNCE_FAILED/),
      'announced',
      expect.stringMatching(/^ANNOUNCE_FAILED.*web1:9500.*ECONNREFUSED|socket hang up/),
      'announced',
    ])
    await etcd.delete(key)
    await appears()
    await etcd.revoke((await etcd.keys())[0]!.lease)
    expect(await etcd.keys()).toEqual([])
    await appears()
    // Neither is an outage.
    expect(events.slice(5).filter((event) => event !== 'announced')).toEqual([])
  })

  test.runIf(hasOpenssl)('is announced over TLS, to servers of the given CA only', async ({ stage }) => {
    const folder = stage.folder()
    const ca = makeCertificate(folder, 'ca')
    const [server, client] = [makeCertificate(folder, 'server', ca), makeCertificate(folder, 'client', ca)]
    const etcd = await EtcdServer.start(stage, { tls: { ca: ca.certfile, cert: server.certfile, key: server.keyfile } })
    const tls = { caFile: ca.certfile, certFile: client.certfile, keyFile: client.keyfile }
    const { announcement, events } = announce(stage, { url: etcd.url, tls })
    await announcement.start(target)
    expect(events).toEqual(['announced'])
    expect(await etcd.keys()).toMatchObject([{ key }])
    await announcement.stop()
    expect(await etcd.keys()).toEqual([])
    const attempts: readonly (readonly [EtcdOptions, RegExp])[] = [
      [{ url: etcd.url, tls: { ...tls, caFile: makeCertificate(folder, 'other').certfile } }, /self.signed|unable to/],
      [{ url: etcd.url, tls: { caFile: ca.certfile } }, /certificate required|bad certificate|ECONNRESET/],
      [{ url: etcd.url, tls: { ...tls, certFile: `${folder}/none`, keyFile: `${folder}/none` } }, /ENOENT.*none/],
      [{ url: etcd.url.replace('https', 'http') }, /socket hang up; if it expects TLS, use https/],
    ]
    for (const [options, fault] of attempts) {
      const { announcement: failing, events: seen } = announce(stage, options)
      await failing.start(target)
      await failing.stop()
      expect(seen).toEqual([expect.stringMatching(fault)])
    }
  })

  test('is announced by a user, with another token when that has ended', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await etcd.requireUsers('shop', 'se:cr@t')
    const { announcement, events } = announce(stage, { url: etcd.url.replace('//', '//shop:se%3Acr%40t@') })
    await announcement.start(target)
    expect(await etcd.keys()).toMatchObject([{ key }])
    await etcd.endTokens('shop', 'se:cr@t')
    await etcd.signIn()
    await etcd.delete(key)
    await until(
      () => etcd.keys(),
      (keys) => keys.length === 1,
    )
    await announcement.stop()
    expect(await etcd.keys()).toEqual([])
    const attempts: readonly (readonly [EtcdOptions, RegExp])[] = [
      [{ username: 'shop', password: 'wrong' }, /invalid user ID or password/],
      [{ username: 'shop', password: 'se:cr@t', prefix: '/other/' }, /permission denied/],
      [{}, /user name is empty/],
    ]
    for (const [options, fault] of attempts) {
      const { announcement: failing, events: seen } = announce(stage, { url: etcd.url, ...options })
      await failing.start(target)
      await failing.stop()
      expect(seen).toEqual([expect.stringMatching(fault)])
      expect(seen[0]).not.toMatch(/wrong|se:cr/)
    }
    expect(events).toEqual(['announced'])
  })

  test('is announced at the next member when one cannot be reached or hangs', async ({ stage }) => {
    const [none, etcd] = [`http://127.0.0.1:${await freePort()}`, await EtcdServer.start(stage)]
    const silent = await listens(stage)
    const { announcement, events } = announce(stage, { url: [none, silent, etcd.url], timeout: 0.3 })
    await announcement.start(target)
    await announcement.stop()
    expect(events).toEqual(['announced'])
    const { announcement: failing, events: seen } = announce(stage, { url: `${none},${silent}`, timeout: 0.3 })
    await failing.start(target)
    await failing.stop()
    expect(seen).toEqual([expect.stringMatching(/ECONNREFUSED.*; etcd at \S+: no answer within 0.3 s/)])
  })

  test('that another process announces stays when the first one withdraws it', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const [first, second] = [announce(stage, { url: etcd.url }), announce(stage, { url: etcd.url })]
    await first.announcement.start(target)
    await second.announcement.start({ ...target, labels: { worker: '4' } })
    await first.announcement.stop()
    expect(await etcd.keys()).toMatchObject([{ value: expect.stringContaining('"worker":"4"') }])
  })
})

/** A server that accepts connections and never answers. */
async function listens(stage: Stage): Promise<string> {
  const server = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  stage.after(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function announce(stage: Stage, options: EtcdOptions) {
  const settings = etcdSettings('test', { job: 'shop', ttl: 2, timeout: 2, ...options }, {})!
  const events: string[] = []
  const announcement = new EtcdAnnouncement(settings, {
    onAnnounced: () => events.push('announced'),
    onError: ({ code, message }) => events.push(`${code}: ${message}`),
  })
  stage.after(() => announcement.stop())
  return { announcement, events }
}
