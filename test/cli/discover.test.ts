import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { discover } from '../../src/cli/commands/discover.js'
import { EtcdServer, hasEtcd } from '../helpers/etcd/etcd-server.js'
import { begin, promhive } from '../helpers/processes/command.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

const key = '/promhive/targets/shop/a:1'
const group = { targets: ['a:1'], labels: { job: 'shop', worker: '1' } }

describe.runIf(hasEtcd).concurrent('promhive discover etcd', () => {
  test('--once prints the targets, or writes them to a file', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await etcd.put(key, JSON.stringify(group))
    await etcd.put('/promhive/targets/other/b:2', JSON.stringify({ targets: ['b:2'], labels: {} }))
    const printed = await promhive(stage, ['discover', 'etcd', '--once'], { PROMHIVE_ETCD: etcd.url })
    expect(printed).toMatchObject({ code: 0, errors: '' })
    expect(JSON.parse(printed.output)).toEqual([group, { targets: ['b:2'], labels: {} }])
    const out = join(stage.folder(), 'targets.json')
    const written = await promhive(stage, ['discover', 'etcd', '--once', '--job', 'shop', '-o', out, '--url', etcd.url])
    expect(written).toMatchObject({ code: 0, output: '', errors: '' })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual([group])
    // For Prometheus, which runs as another user.
    expect(statSync(out).mode & 0o777).toBe(0o644)
    await etcd.kill()
    const failed = await promhive(stage, ['discover', 'etcd', '--once', '-o', out, '--url', etcd.url])
    expect(failed).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^promhive discover: etcd at .*ECONNREFUSED/),
    })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual([group])
  })

  test('keeps the file up to date, replaces it only for a change, and ends with 0', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    await etcd.requireUsers('prometheus', 'secret')
    await etcd.put(key, JSON.stringify(group))
    const { out, shows, command } = follow(stage, etcd, ['--user', 'prometheus'], { PROMHIVE_ETCD_PASSWORD: 'secret' })
    await shows(['a:1'])
    const { ino } = statSync(out)
    // Another revision with equal targets.
    await etcd.put(key, JSON.stringify({ labels: { worker: '1', job: 'shop' }, targets: ['a:1'] }))
    await pause(300)
    expect(statSync(out).ino).toBe(ino)
    await etcd.put('/promhive/targets/shop/b:2', JSON.stringify({ targets: ['b:2'] }))
    await shows(['a:1', 'b:2'])
    await etcd.kill()
    await until(command.errors, (text) => text !== '')
    await etcd.launch()
    await etcd.signIn()
    await etcd.delete(key)
    await shows(['b:2'])
    await until(command.errors, (text) => /again\n/.test(text))
    command.child.kill('SIGTERM')
    expect(await command.ended).toBe(0)
    expect(command.output()).toMatch(
      /^promhive: writing the targets below \/promhive\/targets\/ in http:\/\/127\S+ to \S+json\n$/,
    )
    const lines = command.errors().trim().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^promhive: DISCOVERY_FAILED: .*keeps trying$/),
      'promhive: etcd answers again',
    ])
    expect(readdirSync(join(out, '..'))).toEqual(['targets.json'])
  })

  test('replaces the file so that it is valid at every moment, while targets come and go', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const { out, shows } = follow(stage, etcd)
    await shows([])
    const present = new Set<string>()
    const until = Date.now() + 1_500
    let reads = 0
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; Date.now() < until; i++) {
        const address = `host-${writer}-${i % 50}:9000`
        const path = `/promhive/targets/churn/${address}`
        if (present.delete(address)) await etcd.delete(path)
        else {
          await etcd.put(path, JSON.stringify({ targets: [address], labels: { round: String(i) } }))
          present.add(address)
        }
      }
    })
    const reader = async (): Promise<void> => {
      for (; Date.now() < until; reads++) {
        JSON.parse(readFileSync(out, 'utf8'))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.all([...writers, reader()])
    expect(reads).toBeGreaterThan(100)
    await shows([...present].sort())
  })

  test('writes to the file that a link names, and continues when it becomes writable', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const folder = stage.folder()
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real', 'file.json'), '[]\n')
    symlinkSync(join(folder, 'real', 'file.json'), join(folder, 'targets.json'))
    const { shows, command } = follow(stage, etcd, [], {}, folder)
    await etcd.put(key, JSON.stringify(group))
    await shows(['a:1'])
    expect(readdirSync(join(folder, 'real'))).toEqual(['file.json'])
    expect(JSON.parse(readFileSync(join(folder, 'real', 'file.json'), 'utf8'))).toEqual([group])
    renameSync(join(folder, 'real'), join(folder, 'away'))
    await etcd.put('/promhive/targets/shop/b:2', JSON.stringify({ targets: ['b:2'] }))
    await until(command.errors, (text) => text !== '')
    renameSync(join(folder, 'away'), join(folder, 'real'))
    await etcd.put('/promhive/targets/shop/c:3', JSON.stringify({ targets: ['c:3'] }))
    await shows(['a:1', 'b:2', 'c:3'])
    await until(command.errors, (text) => /again\n/.test(text))
    const lines = command.errors().trim().split('\n')
    expect(lines).toEqual([
      expect.stringMatching(/^promhive: DISCOVERY_FAILED: the targets cannot be written to \S+targets.json: ENOENT/),
      expect.stringMatching(/^promhive: the targets are written to \S+targets.json again$/),
    ])
  })
})

test.for<[readonly string[], RegExp]>([
  [[], /there is only promhive discover etcd, got ""/],
  [['consul'], /there is only promhive discover etcd, got "consul"/],
  [['etcd', '--url', 'http://a:1'], /which file\? Name it with --out, or use --once/],
  [['etcd', '--once'], /which etcd\? Name it with --url http:\/\/host:2379, or set PROMHIVE_ETCD/],
  [['etcd', '--once', '--url', 'a:1'], /--url must begin with http:\/\/ or https:\/\/: write http:\/\/a:1/],
  [
    ['etcd', '--once', '--url', 'http://u:pass@a:1/x'],
    /--url must be http:\/\/host:2379 .* got "http:\/\/\*\*\*@a:1\/x"/,
  ],
  [['etcd', '--once', '--url', 'http://a:1', '--user', 'x'], /a user needs PROMHIVE_ETCD_PASSWORD too/],
  [['etcd', '--once', '--url', 'http://a:1', '--ca-file', 'x'], /--ca-file goes with a URL that begins with https/],
  [['etcd', '--once', '--url', 'https://a:1', '--key-file', 'x'], /--cert-file and --key-file are both needed/],
  [['etcd', '--once', '--url', 'http://a:1', '--grace', 'x'], /--grace must be a number of seconds, got "x"/],
  [
    ['etcd', '--out', '/none/there/x.json', '--url', 'http://a:1'],
    /--out: the directory \/none\/there does not exist; create it/,
  ],
])('promhive discover %j is refused', async ([args, fault]) => {
  const refused = await discover.run(args).catch((error: Error) => error)
  expect(refused).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringMatching(fault) })
  expect(String(refused)).not.toMatch(/pass@/)
})

/** `promhive discover etcd`, and the addresses in its file. */
function follow(
  stage: Stage,
  etcd: EtcdServer,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  folder = stage.folder(),
) {
  const out = join(folder, 'targets.json')
  const command = begin(stage, ['discover', 'etcd', '--out', out, '--url', etcd.url, ...args], env)
  const addresses = (): string[] => {
    if (command.over()) throw new Error(`it ended: ${command.errors()}`)
    try {
      return JSON.parse(readFileSync(out, 'utf8')).flatMap(({ targets }: typeof group) => targets)
    } catch {
      return ['no file']
    }
  }
  const shows = (expected: readonly string[]) =>
    until(addresses, (seen) => JSON.stringify(seen) === JSON.stringify(expected))
  return { out, shows, command }
}
