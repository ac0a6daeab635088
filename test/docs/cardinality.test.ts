import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { promhive } from '../helpers/processes/command.js'
import { provideDist } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'

const page = new DocumentationPage('docs/cardinality.md')

/** The same without the bytes of OpenMetrics, because a creation time may have fewer digits. */
function comparable(output: string): string[] {
  const lines = output.trimEnd().split('\n')
  return lines.map((line) => line.replace(/^((?:merged|per \w+) .*) +\d+ B( +\d+)$/, '$1 …$2').replace(/ +/g, ' '))
}

test('the example of the page costs what the page shows', async ({ stage }) => {
  provideDist()
  const folder = stage.folder()
  page.install(folder)
  const directory = stage.directory()
  const { args } = page.command('node app.mjs')
  const env = { ...cleanEnvironment(), PROMHIVE_DIR: directory }
  execFileSync(process.execPath, [join(folder, args[1]!)], { env })
  const [npx, name, ...explain] = page.command('npx promhive explain /dev/shm/shop --workers 8 --registry').args
  expect([npx, name]).toEqual(['npx', 'promhive'])
  const shown = explain.map((arg) => (arg === '/dev/shm/shop' ? directory : arg))
  const { code, output } = await promhive(stage, shown)
  expect(code).toBe(0)
  const { text } = page.blocks.find((block) => block.text.startsWith('/dev/shm/shop: series of 8 workers'))!
  expect(comparable(output.replace(directory, '/dev/shm/shop'))).toEqual(comparable(text))
})

test('the pages about series have no broken link', () => {
  expect([page, new DocumentationPage('docs/per-worker.md')].flatMap((each) => each.brokenLinks())).toEqual([])
})
