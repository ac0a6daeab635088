import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { EtcdServer, hasEtcd } from '../helpers/etcd/etcd-server.js'
import type { Actor } from '../helpers/processes/actor.js'
import { begin } from '../helpers/processes/command.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

const program = fileURLToPath(new URL('../runtime/targets/programs/announces.mjs', import.meta.url))
/** Seconds. */
const ttl = 2

describe.runIf(hasEtcd)('targets in a cluster of etcd', () => {
  test('are those of living processes, while members of the cluster and processes are killed', async ({ stage }) => {
    const members = await EtcdServer.startCluster(stage, 3)
    const url = members.map((member) => member.url)
    const out = join(stage.folder(), 'targets.json')
    let discover = begin(stage, ['discover', 'etcd', '--out', out, '--url', url.join()])
    const reading = readAlways(out)
    const shops: { readonly address: string; readonly actor: Actor }[] = []
    let next = 0
    const startShop = async (): Promise<void> => {
      const address = `shop-${next++}:9464`
      const actor = await stage.start(program)
      await actor.ask('announce', { url, address, ttl, timeout: 1 })
      shops.push({ address, actor })
    }
    for (let i = 0; i < 4; i++) await startShop()
    await shows(out, shops)
    for (let round = 0; round < 6; round++) {
      const member = members[round % 3]!
      await member.kill()
      const [killed] = shops.splice(round % shops.length, 1)
      await killed!.actor.kill()
      await startShop()
      if (round % 2 === 1) {
        discover.child.kill('SIGKILL')
        discover = begin(stage, ['discover', 'etcd', '--out', out, '--url', url.join()])
      }
      await shows(out, shops)
      await member.launch()
      await shows(out, shops)
    }
    reading.stop()
    expect(reading.faults()).toEqual([])
    expect(reading.count()).toBeGreaterThan(1_000)
  })

  test('stay while their member of the cluster is cut off, which is reported', async ({ stage }) => {
    const members = await EtcdServer.startCluster(stage, 3)
    const out = join(stage.folder(), 'targets.json')
    const url = members[0]!.url
    const discover = begin(stage, ['discover', 'etcd', '--out', out, '--url', url, '--timeout', '30'])
    const actor = await stage.start(program)
    await actor.ask('announce', { url, address: 'shop:9464', ttl: 30 })
    await shows(out, [{ address: 'shop:9464' }])
    await Promise.all(members.slice(1).map((member) => member.kill()))
    // Long before a request would time out.
    await until(discover.errors, (text) => /no leader/.test(text), 20_000)
    await shows(out, [{ address: 'shop:9464' }])
    await Promise.all(members.slice(1).map((member) => member.launch()))
    await until(discover.errors, (text) => /etcd answers again/.test(text))
  })

  test('stay when the cluster loses its data, and are announced again by all processes', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const out = join(stage.folder(), 'targets.json')
    begin(stage, ['discover', 'etcd', '--out', out, '--url', etcd.url, '--grace', '20'])
    const shops = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const actor = await stage.start(program)
        await actor.ask('announce', { url: etcd.url, address: `shop-${i}:9464`, ttl, timeout: 1 })
        return { address: `shop-${i}:9464`, actor }
      }),
    )
    await shows(out, shops)
    const reading = readAlways(out, shops.length)
    for (let round = 0; round < 3; round++) {
      await etcd.kill()
      await pause(1_000)
      await etcd.launch({ empty: true })
      await until(
        () => etcd.keys(),
        (keys) => keys.length === shops.length,
      )
    }
    reading.stop()
    expect(reading.faults()).toEqual([])
  })
})

/** Reads the file as often as possible: it must be valid, and have this number of targets if that is given. */
function readAlways(path: string, targets?: number) {
  const faults = new Set<string>()
  let [count, stopped] = [0, false]
  const read = (): void => {
    if (stopped) return
    try {
      const groups = JSON.parse(readFileSync(path, 'utf8'))
      if (targets !== undefined && groups.length !== targets) faults.add(`${groups.length} targets`)
      count++
    } catch (error) {
      // Before the first targets, there is no file.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || count > 0) faults.add(String(error))
    }
    setTimeout(read, 1)
  }
  read()
  return {
    stop: () => (stopped = true),
    faults: () => [...faults],
    count: () => count,
  }
}

function shows(path: string, shops: readonly { readonly address: string }[]): Promise<unknown> {
  const expected = shops.map(({ address }) => address).sort()
  return until(
    () => {
      try {
        return JSON.parse(readFileSync(path, 'utf8')).flatMap(({ targets }: { targets: string[] }) => targets)
      } catch {
        return []
      }
    },
    (seen) => JSON.stringify(seen) === JSON.stringify(expected),
  )
}
