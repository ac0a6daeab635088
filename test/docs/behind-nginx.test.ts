import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { root } from '../helpers/processes/dist.js'

const page = new DocumentationPage('docs/behind-nginx.md')
const example = join(root, 'examples', 'behind-nginx')

test('the page behind-nginx shows the files of the example as they are', () => {
  const shown = page.blocks.filter(({ file }) => file !== undefined)
  expect(shown.map(({ file }) => file)).toEqual([
    'shop/promhive.yaml',
    'shop/start.sh',
    'shop/app.mjs',
    'etc/nginx.conf',
    'etc/supervisor.conf',
    'etc/prometheus.yml',
  ])
  for (const { file, text } of shown) expect(readFileSync(join(example, file!), 'utf8')).toContain(text)
})

test('the page behind-nginx shows each claim of the example, with figures that agree', () => {
  const outputs = page.blocks.filter(({ language, text }) => language === '' && text.includes('  ok  '))
  const sources = ['proof', 'naive'].map((name) => readFileSync(join(example, 'run', `${name}.mjs`), 'utf8')).join('\n')
  const claims = outputs.flatMap(({ text }) => [...text.matchAll(/^ {2}ok {6}(.+?) {2,}/gm)].map(([, claim]) => claim!))
  expect(claims.length).toBeGreaterThan(20)
  expect(claims.filter((claim) => !sources.includes(claim))).toEqual([])
  for (const [, users, prometheus] of page.text.matchAll(/users (\d+), Prometheus (\d+)/g))
    expect(prometheus).toBe(users)
})
