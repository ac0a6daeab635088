import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { provideDist, root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

describe('a pool of threads (piscina)', () => {
  test('counts with the main thread, also what threads counted that have ended', { timeout }, async ({ stage }) => {
    const app = await stage.start('pool.mjs')
    await app.ask('count', 'tasks_total', {}, 1)
    expect(await app.ask('work', 500)).toBe(500)
    const scrape = async (wanted: number) =>
      until(
        async () => new Exposition(await app.ask('scrape')),
        (seen) => seen.value('tasks_total') === wanted,
      )
    expect((await scrape(501)).value('task_size_count')).toBe(500)
    await app.ask('close')
    expect((await scrape(501)).value('task_size_sum')).toBe((499 * 500) / 2)
  })
})

describe('child processes', () => {
  test('count with their parent when they inherit PROMHIVE_DIR', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const parent = await stage.start('forks.mjs', { env: { PROMHIVE_DIR: directory } })
    await parent.ask('startChild')
    await parent.ask('count', 'jobs_total', {}, 3)
    await parent.ask('askChild', 'count', 'jobs_total', {}, 4)
    for (const ask of [() => parent.ask<string>('scrape'), () => parent.ask<string>('askChild', 'scrape')]) {
      await until(
        async () => new Exposition(await ask()).value('jobs_total'),
        (value) => value === 7,
      )
    }
  })
})

describe.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('the units of systemd in examples', () => {
  test('are what systemd accepts, and their instances answer on one port with the numbers of all', {
    timeout,
  }, async ({ stage }) => {
    const shop = installShop(stage)
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...shop.units], { encoding: 'utf8' })
    // It may report units of the system as well.
    expect(verified.stderr.split('\n').filter((line) => line.includes('shop'))).toEqual([])

    // Of 10, where a service without any protection has 9 or more.
    for (const unit of shop.units) {
      const security = ['security', '--offline=yes', '--no-pager', '--threshold=25', unit]
      expect(spawnSync('systemd-analyze', security).status, unit).toBe(0)
    }

    const ports = [await freePort(), await freePort()]
    for (const port of ports) shop.start(stage, 'shop@.service', String(port))
    const metrics = shop.start(stage, 'shop-metrics.service')
    for (const port of ports) {
      await until(
        () => ask(`http://127.0.0.1:${port}/buy`).catch(() => undefined),
        (answer) => answer?.status === 200,
      )
    }
    const url = await until(
      async () => /metrics at (http:\S+)\n/.exec(metrics.output)?.[1],
      (found) => found !== undefined,
    )
    expect(new Exposition((await ask(url!)).body).total('http_requests_total')).toBe(2)
  })
})

/** Does by hand what a unit specifies: systemd itself runs nothing here. */
function installShop(stage: Stage) {
  provideDist()
  const folder = stage.folder()
  const runtime = join(folder, 'run')
  const names = ['shop@.service', 'shop-metrics.service']
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true })
  mkdirSync(runtime)
  symlinkSync(root, join(folder, 'node_modules', 'promhive'))
  symlinkSync(join(root, 'dist', 'esm', 'cli', 'bin.js'), join(folder, 'node_modules', '.bin', 'promhive'))
  copyFileSync(join(root, 'test', 'processes', 'programs', 'http-application.mjs'), join(folder, 'app.mjs'))
  const units = names.map((name) => {
    const text = readFileSync(join(root, 'examples', 'systemd', name), 'utf8')
      .replaceAll('/srv/shop', folder)
      .replaceAll('/run/shop', runtime)
      .replaceAll('/usr/bin/node', process.execPath)
      .replace('--port 9464', '--port 0')
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
  return {
    units,
    start(stage: Stage, name: string, instance = '') {
      const unit = readFileSync(join(folder, name), 'utf8').replaceAll('%i', instance)
      const settings = [...unit.matchAll(/^(\w+)=(.*)$/gm)]
      const env = Object.fromEntries(
        settings.filter(([, key]) => key === 'Environment').map(([, , set]) => set!.split('=')),
      )
      const command = settings.find(([, key]) => key === 'ExecStart')![2]!.split(' ')
      // A script that runs by itself is run by node as well.
      const [program, ...args] = command[0] === process.execPath ? command.slice(1) : command
      return stage.launch(program!, { env, args, cwd: folder })
    },
  }
}
