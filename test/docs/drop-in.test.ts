import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { link } from '../helpers/npm/link.js'
import type { ActorOptions } from '../helpers/processes/actor.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { hasNode24, node24, node24Folder } from '../helpers/processes/node24.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const page = new DocumentationPage('docs/drop-in.md')
const installed = (name: string): string => join(node24Folder, 'node_modules', name)

/** Runs `app.cjs` of the page with these packages, sends requests, and waits until a scrape shows all of them. */
async function showsAll(stage: Stage, packages: Record<string, string>, options: ActorOptions): Promise<void> {
  const folder = stage.folder()
  const port = await freePort()
  page.install(folder, { 3000: port })
  link(folder, packages)
  // The plug-in looks for its client in the folder of the application, as npm has installed both.
  for (const name of ['express-prom-bundle', 'on-finished', 'ee-first', 'url-value-parser']) {
    cpSync(installed(name), join(folder, 'node_modules', name), { recursive: true })
  }
  const app = stage.launch(join(folder, 'app.cjs'), { cwd: folder, ...options })
  const hello = () => ask(`http://127.0.0.1:${port}/hello`).catch(() => undefined)
  await until(hello, (answer) => answer?.status === 200)
  for (let i = 0; i < 11; i++) await hello()
  const counts = async (): Promise<number[]> => {
    const seen = new Exposition((await ask(`http://127.0.0.1:${port}/metrics`)).body)
    const found = Object.entries(seen.labelled('http_request_duration_seconds_count'))
    return found.filter(([labels]) => labels.includes('path="/hello"')).map(([, count]) => count)
  }
  // Without the addon, counts of other processes come up to 100 ms late.
  await until(counts, ([count]) => count === 12)
  expect(app.errors).toBe('')
}

describe.skipIf(!hasNode24)('the page on the drop-in', { concurrent: true }, () => {
  test('has an application that is right under the alias', async ({ stage }) => {
    const modules = stage.folder()
    const alias = join(modules, 'node_modules', 'prom-client')
    mkdirSync(join(modules, 'node_modules'))
    cpSync(join(root, 'packages', 'prom-client'), alias, { recursive: true })
    link(modules, { promhive: root })
    await showsAll(stage, { 'prom-client': alias }, {})
  })

  test('has a variable that makes it right beside prom-client itself', async ({ stage }) => {
    const [, options] = /^NODE_OPTIONS="(.+)" node app\.cjs$/m.exec(page.text)!
    await showsAll(
      stage,
      { 'prom-client': installed('prom-client') },
      { node: node24, env: { NODE_OPTIONS: options! } },
    )
  })

  test('has the same overrides for pnpm as for npm', () => {
    const [json, yaml] = ['package.json', 'pnpm-workspace.yaml'].map(
      (name) => page.blocks.find(({ file }) => file === name)!.text,
    )
    const lines = Object.entries(JSON.parse(json!).overrides).map(([name, target]) => `  ${name}: ${target}`)
    expect(yaml!.replaceAll("'", '').trimEnd().split('\n')).toEqual(['overrides:', ...lines])
  })
})
