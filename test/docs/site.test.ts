import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
// @ts-expect-error: a script, without types
import { listPages, readContents } from '../../site/pages.mjs'
import { Browser, hasBrowser } from '../helpers/browser.js'
import { BuiltSite } from '../helpers/built-site.js'
import { root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const program = join(root, 'site', 'docs.mjs')
const repository = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository.url.replace(
  /^git\+|\.git$/g,
  '',
)
const installed = existsSync(join(root, 'site', 'node_modules', '.provisioned'))
const addresses = (listPages() as string[]).map((page) => `/${page.replace('README.md', '').replace(/\.md$/, '.html')}`)

/** Starts the site and returns its address, once the program has printed it. */
async function started(stage: Stage, ...args: string[]): Promise<string> {
  const port = await freePort()
  const actor = stage.launch(program, { args: [...args, '--port', String(port)] })
  const seen = await until(
    () => Promise.resolve(actor.output + actor.errors),
    (text) => text.includes('The site is at '),
    250_000,
  )
  expect(seen).toContain(`The site is at http://127.0.0.1:${port}/`)
  return `http://127.0.0.1:${port}/`
}

// One build for all: it takes ten seconds of a processor.
describe.runIf(installed)('the site', { timeout: 300_000 }, () => {
  test('is built, complete in itself, and served', async ({ stage }) => {
    const folder = join(stage.folder(), 'site')
    const url = await started(stage, '--serve', '--out', folder)
    const site = new BuiltSite(folder, repository)

    expect(site.pages).toHaveLength(addresses.length + 1)
    expect(site.brokenLinks()).toEqual([])
    expect(site.foreignParts()).toEqual([])
    expect((await site.searchedPages()).toSorted()).toEqual(addresses.toSorted())
    const articles = (readContents() as { pages: { file: string }[] }[]).flatMap(({ pages }) => pages)
    const inOrder = articles.map(({ file }) => `/docs/${file.replace(/\.md$/, '.html')}`)
    expect(site.sidebar('docs/prometheus.html').filter((address) => /^\/docs\/./.test(address))).toEqual(inOrder)
    expect(site.html('docs/prometheus.html')).toContain('<meta name="description" content="serve the metrics')
    expect(site.html('docs/etcd.html')).toContain('Not run in the tests: it needs an etcd with users.')
    const answer = await ask(`${url}docs/prometheus.html`)
    expect(answer.body).toBe(site.html('docs/prometheus.html'))

    if (hasBrowser) await searches(stage, url)
  })

  test('shows its sources with --dev', async ({ stage }) => {
    const url = await started(stage, '--dev')
    expect((await ask(`${url}docs/prometheus.md?import`)).body).toContain('With Prometheus')
  })
})

async function searches(stage: Stage, url: string): Promise<void> {
  const browser = await Browser.open(stage, `${url}docs/`)
  const box = browser.page.locator('.VPLocalSearchBox input')
  // On a busy machine, the page is shown before its scripts listen to keys.
  await until(
    async () => {
      if ((await box.count()) === 0) await browser.page.keyboard.press('/')
      return box.count()
    },
    (count) => count > 0,
  )
  await box.fill('pushgateway batch')
  const result = browser.page.locator('.VPLocalSearchBox a[href*="pushgateway.html"]').first()
  await result.waitFor({ timeout: 60_000 })
  await result.click()
  await browser.page.locator('h1', { hasText: 'Pushing to a Pushgateway' }).waitFor({ timeout: 60_000 })
  expect(browser.requests.filter((request) => !request.startsWith(url))).toEqual([])
  expect(browser.messages).toEqual([])
}

describe('npm run docs', () => {
  test.for([
    [['--prot', '80'], "Unknown option '--prot'"],
    [['--port', 'eighty'], '--port eighty is not a port'],
    [['--base', 'promhive'], '--base promhive must start and end with a slash'],
    [['--dev', '--serve'], '--dev and --serve exclude each other'],
  ] as const)('rejects %s', ([args, message]) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })

  test('writes only files that git ignores', () => {
    const written = [
      'site/dist/index.html',
      'site/pages/README.md',
      'site/.vitepress/.temp/app.js',
      'site/node_modules',
    ]
    const { stdout } = spawnSync('git', ['check-ignore', ...written], { cwd: root, encoding: 'utf8' })
    expect(stdout.trim().split('\n')).toEqual(written)
  })
})
