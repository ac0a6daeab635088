import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, vi } from 'vitest'
import { parse } from 'yaml'
import { discover } from '../../src/cli/commands/discover.js'
import { parseOptions } from '../../src/cli/options.js'
import { announceTarget } from '../../src/etcd.js'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { EtcdServer, hasEtcd } from '../helpers/etcd/etcd-server.js'
import { root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasPromtool } from '../helpers/promtool.js'

const page = new DocumentationPage('docs/etcd.md')
const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')

afterEach(() => vi.unstubAllEnvs())

describe('the page on etcd', () => {
  test('has valid options in its files', () => {
    expect(page.brokenLinks()).toEqual([])
    vi.stubEnv('PROMHIVE_ETCD_PASSWORD', 'secret')
    // Before its first attempt, which would look for the hosts of the page.
    void announceTarget({ ...parse(fileOf('settings/promhive.yaml')).exporters.etcd, timeout: 0.01 }).stop()
    const [, args] = /\/promhive discover etcd (.*)$/m.exec(fileOf('promhive-discover.service'))!
    expect(parseOptions(args!.split(' '), discover.options, 0).values.out).toMatch(/\.json$/)
  })

  test.runIf(hasEtcd)('shows commands and a program that work', async ({ stage }) => {
    const etcd = await EtcdServer.start(stage)
    const folder = stage.folder()
    const ports = { 2379: Number(new URL(etcd.url).port), 8000: await freePort(), 9464: await freePort() }
    page.install(folder, ports)
    mkdirSync(join(folder, 'targets'))
    writeFileSync(join(folder, 'server.mjs'), "import { createServer } from 'node:http'\ncreateServer().listen(0)\n")
    const env = { PROMHIVE_METRICS_PORT: '0' }
    const commands = ['npx promhive run', 'npx promhive discover'].map((beginning) => {
      const { env: own, args } = page.command(beginning, ports)
      return stage.launch(bin, { args: args.slice(2), env: { ...env, ...own }, cwd: folder })
    })
    const file = join(folder, 'targets', 'promhive.json')
    const shown = (): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
    const [announced] = await until(
      () => etcd.keys(),
      (keys) => keys.length === 1,
    )
    await until(shown, (text) => text !== '' && text !== '[]\n')
    expect(JSON.parse(shown())).toEqual([JSON.parse(announced!.value)])
    if (hasPromtool) {
      const check = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' })
      expect(check).toMatchObject({ status: 0, stderr: '' })
    }
    for (const command of commands) command.child.kill('SIGTERM')
    for (const command of commands) expect((await command.ended).code).toBe(0)
    const program = stage.launch(join(folder, 'announces.mjs'), { cwd: folder })
    await until(
      () => etcd.keys(),
      (keys) => keys.length === 1,
    )
    program.child.kill('SIGTERM')
    expect((await program.ended).code).toBe(0)
    expect(await etcd.keys()).toEqual([])
  })
})

function fileOf(name: string): string {
  return page.blocks.find(({ file }) => file === name)!.text
}
