import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test as plainTest } from 'vitest'
// @ts-expect-error: an example, without types
import { examplesInReadme } from '../../examples/readme.mjs'
import { DocumentationPage } from '../helpers/documentation-page.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const readme = read('README.md')
const articles = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['README.md', ...articles].map((name) => `docs/${name}`),
]

plainTest('the README has at most 900 words', () => {
  expect(readme.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(900)
})

plainTest('the README has the commands that a checkout is tried and tested with', () => {
  const commands = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text)
  expect(commands).toContain('npm ci && npm run demo\n')
  expect(commands).toContain('npm ci && npm test\n')
})

plainTest('the README names every package that npm test installs', () => {
  const needed = [...read('scripts/provision.mjs').matchAll(/ package: '([^']+)'/g)].map(([, name]) => name!)
  expect(needed.length).toBeGreaterThan(10)
  expect(needed.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})

plainTest('docs/README.md lists every page of docs/ once, each with a phrase', () => {
  const contents = read('docs/README.md')
  const listed = [...contents.matchAll(/^- \[[^\]]+\]\(([\w-]+\.md)\): \S/gm)].map(([, name]) => name!)
  expect(listed.toSorted()).toEqual(articles.toSorted())
  const linked = [...contents.matchAll(/\]\(([\w-]+\.md)/g)].map(([, name]) => name!)
  expect(linked).toEqual(listed)
})

plainTest('the README links the contents of docs/', () => {
  expect(readme).toContain('(docs/README.md)')
})

plainTest('every page of docs/ shows an example after one paragraph', () => {
  const late = articles.filter((name) => {
    const [beginning] = read(`docs/${name}`).split(/^```/m)
    return beginning!.split(/\s+/).length > 60
  })
  expect(late).toEqual([])
})

plainTest('every link between pages leads to a page and a heading', () => {
  const broken = pages.map((path) => [path, new DocumentationPage(path).brokenLinks()] as const)
  expect(Object.fromEntries(broken.filter(([, links]) => links.length > 0))).toEqual({})
})

plainTest('the README shows the examples as they are', () => {
  const examples = examplesInReadme() as { file: string; same: boolean }[]
  expect(examples).toEqual([
    expect.objectContaining({ file: 'examples/quick-start.mjs', same: true }),
    expect.objectContaining({ file: 'examples/quick-start.cjs', same: true }),
  ])
})

plainTest('the TypeScript form is the ESM form, and CommonJS differs in the lines that the README shows', () => {
  expect(read('examples/quick-start.ts')).toBe(read('examples/quick-start.mjs'))
  const [esm, cjs] = ['mjs', 'cjs'].map((kind) => read(`examples/quick-start.${kind}`).split('\n'))
  const { shown } = (examplesInReadme() as { shown: string }[])[1]!
  expect(cjs!.filter((line) => !esm!.includes(line))).toEqual(shown.trimEnd().split('\n'))
})

describe('the quick start', { concurrent: true }, () => {
  test.for(['quick-start.mjs', 'quick-start.cjs', 'quick-start.ts'])('%s', async (file, { stage }) => {
    provideDist()
    const folder = stage.folder()
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'promhive'))
    symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'))
    const [app, metrics] = [await freePort(), await freePort()]
    const program = read(`examples/${file}`).replaceAll('3000', String(app)).replaceAll('9464', String(metrics))
    writeFileSync(join(folder, file), program)
    stage.launch(join(folder, file.endsWith('.ts') ? await compiled(folder, file) : file), { cwd: folder })
    const get = () => ask(`http://127.0.0.1:${app}/`).catch(() => undefined)
    const counted = (count: number) => {
      const sample = 'http_requests_total{method="GET",status="200"}'
      const scrape = () => ask(`http://127.0.0.1:${metrics}/metrics`).catch(() => undefined)
      return until(
        async () => new Exposition((await scrape())?.body ?? ''),
        (seen) => seen.value(sample) === count && seen.value('http_request_duration_seconds_count') === count,
      )
    }
    const answer = await until(get, (seen) => seen?.status === 200)
    await counted(1)
    process.kill(Number(answer?.body.replace('hello from ', '')), 'SIGKILL')
    await until(get, (seen) => seen?.status === 200)
    await counted(2)
  })
})

/** Compiles a program as strictly as an application can ask for; returns the name of what Node runs. */
async function compiled(folder: string, file: string): Promise<string> {
  const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, skipLibCheck: true, types: ['node'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  return file.replace('.ts', '.js')
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
