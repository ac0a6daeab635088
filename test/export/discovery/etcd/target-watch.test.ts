import { describe, expect } from 'vitest'
import type { AnnouncedTarget } from '../../../../src/export/discovery/announcement.js'
import { EtcdClient } from '../../../../src/export/discovery/etcd/etcd-client.js'
import { type EtcdOptions, etcdSettings } from '../../../../src/export/discovery/etcd/etcd-options.js'
import { TargetWatch } from '../../../../src/export/discovery/etcd/target-watch.js'
import { EtcdServer, hasEtcd } from '../../../helpers/etcd/etcd-server.js'
import { type Stage, test } from '../../../helpers/processes/stage.js'
import { pause, until } from '../../../helpers/processes/until.js'

const below = '/promhive/targets/shop/'

describe.runIf(hasEtcd).concurrent('a watch of the targets in etcd', () => {
  test('sees what is there, and every change', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await announced(etcd, 'a:1')
    const { sees } = watch(stage, { url: etcd.url })
    await sees('a:1')
    await announced(etcd, 'b:2', { worker: '2' })
    expect(await sees('a:1 b:2')).toContainEqual({ id: `${below}b:2`, address: 'b:2', labels: { worker: '2' } })
    await announced(etcd, 'b:2', { worker: '3' })
    await sees('a:1 b:2', (targets) => targets.some(({ labels }) => labels.worker === '3'))
    await etcd.delete(`${below}a:1`)
    await sees('b:2')
  })

  test('reads all keys again when the revision that it asks for was compacted', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    let ranges = 0
    class SlowClient extends EtcdClient {
      override async call<T>(path: string, body: object): Promise<T> {
        const answer = await super.call<T>(path, body)
        if (ranges++ > 0) return answer
        // Between the range and the watch.
        for (let i = 0; i < 5; i++) await announced(etcd, 'a:1', { i: String(i) })
        await etcd.compact()
        return answer
      }
    }
    const { sees, events } = watch(stage, { url: etcd.url }, { Client: SlowClient })
    await sees('a:1', (targets) => targets[0]?.labels.i === '4')
    expect(ranges).toBe(2)
    await announced(etcd, 'b:2')
    await sees('a:1 b:2')
    expect(events).toEqual([])
  })

  test('keeps the targets while etcd is away, and reports that once', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await announced(etcd, 'a:1')
    const { sees, events } = watch(stage, { url: etcd.url })
    await sees('a:1')
    await etcd.kill()
    await pause(1_500)
    await sees('a:1')
    await etcd.launch()
    await announced(etcd, 'b:2')
    await sees('a:1 b:2')
    expect(events).toEqual([expect.stringMatching(/DISCOVERY_FAILED: the targets cannot be read/), 'recovered'])
  })

  test('keeps targets for the time of grace when etcd has lost its data', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    for (const address of ['a:1', 'b:2', 'c:3']) await announced(etcd, address)
    const { sees } = watch(stage, { url: etcd.url }, { grace: 2 })
    await sees('a:1 b:2 c:3')
    await etcd.kill()
    await etcd.launch({ empty: true })
    await announced(etcd, 'b:2', { again: 'true' })
    await sees('a:1 b:2 c:3', (targets) => targets.some(({ labels }) => labels.again === 'true'))
    await sees('b:2')
  })

  test('notices an etcd that hangs, and continues when it answers again', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await announced(etcd, 'a:1')
    const { sees, events } = watch(stage, { url: etcd.url, timeout: 0.5 }, { checkEvery: 200 })
    await sees('a:1')
    etcd.signal('SIGSTOP')
    await until(
      () => events,
      (seen) => seen.length > 0,
    )
    expect(events).toEqual([expect.stringMatching(/no answer within 0.5 s/)])
    etcd.signal('SIGCONT')
    await announced(etcd, 'b:2')
    await sees('a:1 b:2')
    expect(events.at(-1)).toBe('recovered')
  })

  test('signs in again, and watches as a user', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await etcd.requireUsers('prometheus', 'secret')
    await announced(etcd, 'a:1')
    const { sees } = watch(stage, { url: etcd.url, username: 'prometheus', password: 'secret' })
    await sees('a:1')
    await etcd.endTokens('prometheus', 'secret')
    await etcd.kill()
    await etcd.launch()
    await etcd.signIn()
    await announced(etcd, 'b:2')
    await sees('a:1 b:2')
  })

  test('can be stopped at any moment', { timeout: 30_000 }, async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    for (let delay = 0; delay < 20; delay++) {
      const { watching } = watch(stage, { url: etcd.url })
      await pause(delay)
      await watching.stop()
    }
  })

  test('ignores unusable values, and reports each once', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await announced(etcd, 'good:1')
    const values = [
      'no JSON',
      '[]',
      '{"targets":["a/b"]}',
      '{"targets":["a:1"],"labels":{"no-name":"x"}}',
      '{"targets":["a:1"],"labels":{"x":1}}',
    ]
    for (const [i, value] of values.entries()) await etcd.put(`${below}${i}`, value)
    const { sees, events } = watch(stage, { url: etcd.url })
    await sees('good:1')
    await announced(etcd, 'good:2')
    await sees('good:1 good:2')
    expect(events).toEqual([
      expect.stringMatching(/targets\/shop\/0 in etcd is ignored: it is not JSON, got "no JSON"/),
      expect.stringMatching(/shop\/1 .* it has no list of targets/),
      expect.stringMatching(/shop\/2 .* a target must be host:port/),
      expect.stringMatching(/shop\/3 .* "no-name" is not the name of a label/),
      expect.stringMatching(/shop\/4 .* the label x is not a string/),
    ])
  })

  test('shows a URL once, as it was announced last', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await etcd.put(`${below}x`, JSON.stringify({ targets: ['a:1'], labels: { pid: '7' } }))
    await etcd.put(`${below}a`, JSON.stringify({ targets: ['a:1'], labels: { pid: '8' } }))
    await etcd.put(`${below}b`, JSON.stringify({ targets: ['a:1'], labels: { __metrics_path__: '/other' } }))
    const { sees } = watch(stage, { url: etcd.url })
    const targets = await sees('a:1 a:1')
    expect(targets.map(({ labels }) => labels)).toEqual([{ pid: '8' }, { __metrics_path__: '/other' }])
  })
})

function announced(etcd: EtcdServer, address: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  return etcd.put(`${below}${address}`, JSON.stringify({ targets: [address], labels }))
}

function watch(stage: Stage, options: EtcdOptions, { grace = 0, checkEvery = 30_000, Client = EtcdClient } = {}) {
  const settings = etcdSettings('test', { timeout: 2, ...options }, {})!
  const events: string[] = []
  let targets: readonly AnnouncedTarget[] | undefined
  const watching = new TargetWatch(
    new Client(settings),
    { prefix: settings.prefix, grace, checkEvery },
    {
      onTargets(seen) {
        targets = seen()
      },
      onError: ({ code, message }) => events.push(`${code}: ${message}`),
      onRecovered: () => events.push('recovered'),
    },
  )
  watching.start()
  stage.after(() => watching.stop())
  const sees = async (addresses: string, is: (seen: readonly AnnouncedTarget[]) => boolean = () => true) =>
    (await until(
      () => targets,
      (seen) =>
        seen
          ?.map(({ address }) => address)
          .sort()
          .join(' ') === addresses && is(seen),
    ))!
  return { sees, events, watching }
}
