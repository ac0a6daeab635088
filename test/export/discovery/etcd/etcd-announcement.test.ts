import { describe, expect } from 'vitest'
import { EtcdAnnouncement } from '../../../../src/export/discovery/etcd/etcd-announcement.js'
import { type EtcdOptions, etcdSettings } from '../../../../src/export/discovery/etcd/etcd-options.js'
import { hasOpenssl, makeCertificate } from '../../../helpers/certificates.js'
import { EtcdServer, hasEtcd } from '../../../helpers/etcd/etcd-server.js'
import { type Stage, test } from '../../../helpers/processes/stage.js'
import { pause, until } from '../../../helpers/processes/until.js'

const target = { id: 'web1:9500', address: 'web1:9500', labels: { worker: '3' } }
const key = '/promhive/targets/shop/web1:9500'

describe.runIf(hasEtcd)('a target in etcd', () => {
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
  })
})

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
