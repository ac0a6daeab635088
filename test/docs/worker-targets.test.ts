import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { listedAt, listedInFile } from '../helpers/processes/listed-targets.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasPromtool } from '../helpers/promtool.js'

const page = new DocumentationPage('docs/worker-targets.md')
const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')

describe('the page about targets', () => {
  test('has no broken link', () => {
    expect(page.brokenLinks()).toEqual([])
  })

  test.skipIf(!hasPromtool).for(['http_sd.yml', 'file_sd.yml'])(
    'promtool check config %s (needs Debian’s prometheus)',
    (file, { stage }) => {
      const folder = stage.folder()
      page.install(folder)
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', join(folder, file)], {
        encoding: 'utf8',
      })
      expect(status, `${stdout}${stderr}`).toBe(0)
      expect(`${stdout}${stderr}`).toContain('is valid prometheus config file syntax')
    },
  )

  test('its first command, and its application: four targets, whose sum is the number of requests', async ({
    stage,
  }) => {
    const folder = stage.folder()
    const [first, metrics, app] = [await freePort(8), await freePort(), await freePort()]
    const ports = { 9500: first, 9599: first + 7, 9464: metrics, 8000: app }
    page.install(folder, ports)
    const [npx, promhive, ...args] = page.command('npx promhive run', ports).args
    expect([npx, promhive]).toEqual(['npx', 'promhive'])
    const cwd = { cwd: folder, args: args.map((arg) => (arg === 'app.js' ? 'server.js' : arg)) }
    const server = `require('node:http').createServer((_, answer) => answer.end()).listen(${await freePort()})`
    spawnSync('sh', ['-c', 'printf %s "$1" > server.js', 'sh', server], { cwd: folder })
    const supervisor = stage.launch(bin, { ...cwd, args: [...cwd.args, '--port', String(metrics)] })
    const url = /url: (\S+)\/targets/.exec(readFileSync(join(folder, 'http_sd.yml'), 'utf8'))![1]!
    const listed = await until(
      () => listedAt(`${url}/metrics`).catch(() => ({})),
      (all) => Object.keys(all).length === 4,
    )
    expect(Object.keys(listed)).toEqual([0, 1, 2, 3].map((i) => `127.0.0.1:${first + i}`))
    supervisor.child.kill('SIGTERM')
    expect((await supervisor.ended).code).toBe(0)

    stage.launch(join(folder, 'app.mjs'), { cwd: folder })
    const targets = await until(
      () => listedInFile(join(folder, 'shop.json')) ?? {},
      (all) => Object.keys(all).length === 4,
    )
    const answers = () => ask(`http://127.0.0.1:${app}/`).then(({ body }) => expect(body).toBe('hello'))
    for (let i = 0; i < 8; i++) await answers()
    const shown = await Promise.all(Object.keys(targets).map((address) => ask(`http://${address}/metrics`)))
    const counts = shown.map(({ body }) => new Exposition(body).value('shop_requests_total') ?? 0)
    expect(counts.reduce((sum, count) => sum + count)).toBe(8)
  })
})
