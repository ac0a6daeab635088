import { execFile } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { link } from '../helpers/npm/link.js'
import { NpmRegistry } from '../helpers/npm/npm-registry.js'
import { ClusteredApplication } from '../helpers/plug-ins/clustered-application.js'
import { programs } from '../helpers/plug-ins/plug-in-folder.js'
import { expressPromBundle } from '../helpers/plug-ins/plug-ins.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { hasNode24 } from '../helpers/processes/node24.js'
import { Stage } from '../helpers/processes/stage.js'

const execute = promisify(execFile)

/** Plug-ins that bring their client along, in versions that an alias alone does not satisfy. */
const plugIns = {
  'counts-jobs': { 'prom-client': '15.1.3' },
  'counts-mail': { '@prometheus-io/client': '^0.16.1' },
}

const page = new DocumentationPage('docs/drop-in.md')

describe.skipIf(!hasNode24)('the alias packages', { concurrent: true }, () => {
  const stage = new Stage()
  let registry: NpmRegistry
  beforeAll(async () => {
    registry = await NpmRegistry.start(stage)
    for (const [name, dependencies] of Object.entries(plugIns)) {
      const [client] = Object.keys(dependencies)
      const code = `const { Counter } = require('${client}')
        module.exports = new Counter({ name: '${name.replace('-', '_')}_total', help: 'Counted.' })`
      registry.make({ name, version: '1.0.0', main: 'index.js', dependencies }, code)
    }
  })
  afterAll(() => stage.clear())

  /** A folder of an application with these fields of package.json, after `npm install` of these packages. */
  async function application(fields: object, ...packages: readonly string[]): Promise<string> {
    const folder = stage.folder()
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...fields }))
    await registry.npm(folder, 'install', ...packages)
    return folder
  }

  test('satisfy the peer range of a plug-in, and count in one process with promhive itself', async () => {
    const aliases = ['prom-client@npm:@promhive/prom-client', '@prometheus-io/client@npm:@promhive/prometheus-io']
    const folder = await application({}, 'promhive', ...aliases, 'express-prom-bundle', 'counts-mail')
    expect(await clientsIn(folder)).toEqual(['@promhive/prom-client', '@promhive/prometheus-io'])
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    expect(dependencies['prom-client']).toBe(`npm:@promhive/prom-client@^${versionOf('prom-client')}`)

    for (const file of ['in-workers.cjs', expressPromBundle.program]) cpSync(join(programs, file), join(folder, file))
    link(folder, { express: join(root, 'node_modules', 'express') })
    const shop = await ClusteredApplication.start(stage, folder, expressPromBundle)
    await shop.sendCounted(20, 20)
    await shop.kill()
    await shop.sendCounted(20, 40)
    for (const scrape of await shop.scrapeEach()) expect(shop.counted(scrape)).toEqual(shop.each(40))
    expect(shop.errors).toBe('')

    cpSync(join(registry.madeFolder, 'counts-jobs'), join(folder, 'node_modules/counts-jobs'), { recursive: true })
    expect(await counts(folder)).toEqual({ counts_jobs_total: 1, counts_mail_total: 1, orders_total: 2 })
    // A copy of its own, as npm installs it where versions differ.
    const ownCopy = join(folder, 'node_modules/prom-client/node_modules/promhive')
    cpSync(join(folder, 'node_modules/promhive'), ownCopy, { recursive: true })
    expect(await counts(folder)).toEqual({ counts_jobs_total: 1, counts_mail_total: 1, orders_total: 2 })
  })

  test('would not be accepted in another version line', async () => {
    registry.again('@promhive/prom-client', { name: 'another-line', version: '1.0.0' })
    const packages = ['prom-client@npm:another-line@1.0.0', 'express-prom-bundle', '--package-lock-only']
    const installed = application({}, ...packages)
    await expect(installed).rejects.toThrow(/ERESOLVE/)
  })

  test('replace the clients that plug-ins bring along, through the overrides of the page', async () => {
    const { overrides } = JSON.parse(page.blocks.find(({ file }) => file === 'package.json')!.text)
    const folder = await application({ overrides }, 'promhive', ...Object.keys(plugIns))
    expect(await clientsIn(folder)).toEqual(['@promhive/prom-client', '@promhive/prometheus-io'])
    expect(await counts(folder)).toEqual({ counts_jobs_total: 1, counts_mail_total: 1, orders_total: 2 })
  })

  test('replace them beside a dependency of the application, through $prom-client', async () => {
    const dependencies = { 'prom-client': `npm:@promhive/prom-client@^${versionOf('prom-client')}` }
    const overrides = { 'prom-client': '$prom-client' }
    const folder = await application({ dependencies, overrides }, 'counts-jobs', '--package-lock-only')
    expect(await clientsIn(folder)).toEqual(['@promhive/prom-client'])
  })
})

test('the page on the drop-in and the READMEs name the versions and the dependency that the packages have', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of ['prom-client', 'prometheus-io']) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    expect(page.text).toContain(`| \`${manifest.name}\` |`)
    expect(page.text).toContain(`| ${manifest.version} |`)
    expect(readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')).toContain(manifest.version)
    expect(manifest.dependencies).toEqual({ promhive: `^${version}` })
    expect(manifest.engines).toEqual(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines)
  }
})

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).version
}

/** The packages that npm has chosen under the names of the clients. */
async function clientsIn(folder: string): Promise<string[]> {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { name?: string }>
  }
  const clients = Object.entries(packages).filter(([path]) => /(?:prom-client|@prometheus-io\/client)$/.test(path))
  return clients.map(([path, { name = path }]) => name).sort()
}

/** What one process shows that counts with promhive, as ESM and as CommonJS, and with both plug-ins. */
async function counts(folder: string): Promise<Record<string, number>> {
  const program = `
    import { createRequire } from 'node:module'
    import { Counter, register } from 'promhive'
    import jobs from 'counts-jobs'
    import mail from 'counts-mail'
    const orders = { name: 'orders_total', help: 'Orders.' }
    const require = createRequire(import.meta.url)
    const counters = [jobs, mail, new Counter(orders), new (require('promhive').Counter)(orders)]
    for (const counter of counters) counter.inc()
    console.log(await register.metrics())`
  writeFileSync(join(folder, 'counts.mjs'), program)
  const { stdout, stderr } = await execute(process.execPath, ['counts.mjs'], { cwd: folder, env: cleanEnvironment() })
  expect(stderr).toBe('')
  return Object.fromEntries(new Exposition(stdout).samples)
}
