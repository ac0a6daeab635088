import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'
import { hasPromtool } from '../helpers/promtool.js'

const page = new DocumentationPage('docs/dashboards.md')
const exposition = '# TYPE promhive_writers gauge\npromhive_writers{state="live"} 1\n'

test('the links of docs/dashboards.md and docs/prometheus.md lead somewhere', () => {
  expect([page, new DocumentationPage('docs/prometheus.md')].flatMap((each) => each.brokenLinks())).toEqual([])
})

test.skipIf(!hasPromtool)('the commands of docs/dashboards.md print files that promtool accepts', async ({ stage }) => {
  provideDist()
  const server = createServer((_, response) => response.end(exposition)).listen(0, '127.0.0.1')
  stage.after(() => void server.close())
  await once(server, 'listening')
  const text = readFileSync(join(root, 'docs', 'dashboards.md'), 'utf8')
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)
  // curl needs a port with a certificate.
  const commands = blocks.filter((block) => !block.includes('curl'))
  expect(commands.length).toBe(2)
  const bin = `${process.execPath} ${join(root, 'dist', 'esm', 'cli', 'bin.js')}`
  const script = commands
    .join('')
    .replaceAll('npx promhive', bin)
    .replaceAll('127.0.0.1:9464', `127.0.0.1:${(server.address() as AddressInfo).port}`)
  const folder = stage.folder()
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], { cwd: folder })
  expect(stdout).toContain('SUCCESS')
  expect(JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8'))).toMatchObject({ title: 'promhive' })
})
