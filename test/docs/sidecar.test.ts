import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { startServer } from '../helpers/processes/prometheus-program.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasPrometheus } from '../helpers/prometheus-server.js'

const timeout = 120_000
const page = new DocumentationPage('docs/sidecar.md')

describe('the page on sidecars', () => {
  test('has links to what is there', () => {
    expect(page.brokenLinks()).toEqual([])
  })

  test('begins with the command for one application', { timeout }, async ({ stage }) => {
    const directories = await twoApplications(stage)
    const served = await serve(stage, page.command('npx promhive serve --dir /dev/shm/shop').args, directories)
    expect(new Exposition((await ask(served.url)).body).labelled('jobs_total')).toEqual({ 'who="shop"': 1 })
  })

  test.skipIf(!hasPrometheus)(
    'has a command for several, and a configuration of Prometheus for them',
    {
      timeout,
    },
    async ({ stage }) => {
      const directories = await twoApplications(stage)
      const served = await serve(stage, page.command('npx promhive serve --dir shop=').args, directories)
      expect(new Exposition((await ask(served.url)).body).labelled('jobs_total')).toEqual({
        'application="blog",who="blog"': 2,
        'application="shop",who="shop"': 1,
      })
      const { text } = page.blocks.find(({ file }) => file === 'prometheus.yml')!
      const file = join(stage.folder(), 'prometheus.yml')
      const target = new URL(served.url).host
      writeFileSync(file, `global: { scrape_interval: 500ms }\n${text.replace('127.0.0.1:9464', target)}`)
      const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(stage.folder(), 'data')}`]
      const url = await startServer(stage, 'prometheus', args)
      const jobs = await until(
        async () => {
          const { status, body } = await ask(`${url}/api/v1/query?query=jobs_total`)
          return status === 200 ? JSON.parse(body).data.result : []
        },
        (result) => result.length === 2,
      )
      const values = jobs.map(({ metric, value }: { metric: Record<string, string>; value: [number, string] }) => {
        return [metric.application, metric.instance, metric.who, Number(value[1])]
      })
      expect(values.sort()).toEqual([
        ['blog', target, 'blog', 2],
        ['shop', target, 'shop', 1],
      ])
    },
  )
})

async function twoApplications(stage: Stage): Promise<Record<string, string>> {
  const directories = { shop: stage.directory(), blog: stage.directory() }
  for (const [i, [who, directory]] of Object.entries(directories).entries()) {
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', { who }, i + 1)
  }
  return directories
}

/** The command of the page, with the directories and a port of the test. */
function serve(
  stage: Stage,
  [npx, promhive, command, ...args]: readonly string[],
  directories: Record<string, string>,
) {
  expect([npx, promhive, command]).toEqual(['npx', 'promhive', 'serve'])
  const own = args.map((arg) => arg.replace(/\/dev\/shm\/(\w+)/, (_, name) => directories[name]!))
  return promhiveServe(stage, [...own, '--port', '0', '--host', '127.0.0.1'])
}
