import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { openInBrowser } from '../../src/cli/open-in-browser.js'
import { begin } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

/** The demo has its own copy, because examples use only what the package exports. */
const ofDemo = (await import(join(root, 'examples', 'demo', 'open.mjs'))) as {
  readonly openInBrowser: typeof openInBrowser
}

const url = 'http://127.0.0.1:9464/'

/** Makes a program xdg-open with this end; returns what finds it, and the file that it writes its arguments to. */
function opener(stage: Stage, end: string) {
  const folder = stage.folder()
  const [program, opened] = [join(folder, 'xdg-open'), join(folder, 'opened')]
  writeFileSync(program, `#!/bin/sh\necho "$@" > ${opened}.part && mv ${opened}.part ${opened}\n${end}\n`)
  chmodSync(program, 0o755)
  return { env: { DISPLAY: ':0', PATH: `${folder}:${process.env.PATH}` }, opened }
}

function opened(file: string): Promise<string> {
  return until(
    () => (existsSync(file) ? readFileSync(file, 'utf8').trim() : ''),
    (text) => text !== '',
  )
}

describe.skipIf(process.platform !== 'linux').each([
  ['the command line', openInBrowser],
  ['the demo', ofDemo.openInBrowser],
])('opening a page in a browser, by %s', (_, open) => {
  test.for([
    ['exit 0', undefined],
    ['exit 3', 'xdg-open ended with code 3'],
    ['kill -9 $$', 'xdg-open ended with SIGKILL'],
  ] as const)('with a program that does %s', async ([end, fault], { stage, onTestFinished }) => {
    onTestFinished(() => void vi.unstubAllEnvs())
    const { env, opened: file } = opener(stage, end)
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const result = await open(url)
    expect(readFileSync(file, 'utf8')).toBe(`${url}\n`)
    expect(result).toBe(fault && `the page could not be opened (${fault}): open ${url} in a browser`)
  })

  test('says why it cannot', async ({ stage, onTestFinished }) => {
    onTestFinished(() => void vi.unstubAllEnvs())
    for (const name of ['DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER', 'WSL_DISTRO_NAME']) vi.stubEnv(name, undefined)
    expect(await open(url)).toContain(`(there is no display): open ${url} in a browser`)
    vi.stubEnv('DISPLAY', ':0')
    vi.stubEnv('PATH', stage.folder())
    expect(await open(url)).toContain(`(xdg-open is not installed): open ${url} in a browser`)
  })
})

describe.skipIf(process.platform !== 'linux')('--open', () => {
  test('promhive serve opens its page, and continues if the browser fails', async ({ stage }) => {
    const { env, opened: file } = opener(stage, 'exit 4')
    const serve = begin(stage, ['serve', '--dir', stage.directory(), '--port', '0', '--open'], env)
    const page = await opened(file)
    expect(serve.output()).toContain(`; page at ${page}; metrics at ${page}metrics\n`)
    await until(
      () => serve.errors(),
      (text) => text.includes('\n'),
    )
    expect(serve.errors()).toBe(
      `promhive: the page could not be opened (xdg-open ended with code 4): open ${page} in a browser\n`,
    )
    expect((await ask(page)).status).toBe(200)
    serve.child.kill('SIGTERM')
    expect(await serve.ended).toBe(0)
  })

  test('promhive serve says that there is no page', async ({ stage }) => {
    const serve = begin(stage, ['serve', '--dir', stage.directory(), '--port', '0', '--open', '--no-page'])
    await until(
      () => serve.errors(),
      (text) => text.includes('\n'),
    )
    expect(serve.errors()).toMatch(/^promhive: there is no page to open/)
    expect(serve.output()).not.toContain('page at')
  })

  test('promhive run opens its page, which a running browser does not keep alive', async ({ stage }) => {
    const { env, opened: file } = opener(stage, 'echo $$ > "$0.pid"; exec sleep 60')
    const browser = join(dirname(file), 'xdg-open.pid')
    const program = join(root, 'test', 'processes', 'programs', 'idle-worker.mjs')
    const run = begin(stage, ['run', program, '--workers', '1', '--port', '0', '--open'], env)
    const page = await opened(file)
    expect(run.errors()).toContain(`; page at ${page}; metrics at ${page}metrics\n`)
    expect((await ask(page)).headers['content-type']).toContain('text/html')
    run.child.kill('SIGTERM')
    expect(await run.ended).toBe(0)
    // It outlives the application, and ends by its own pid.
    expect(process.kill(Number(readFileSync(browser, 'utf8')), 'SIGKILL')).toBe(true)
  })

  test('npm run demo opens the page of the application, and keeps it running', async ({ stage }) => {
    const { env, opened: file } = opener(stage, 'exit 0')
    const demo = stage.launch(join(root, 'examples', 'demo', 'demo.mjs'), { env, args: ['--seconds', '1', '--open'] })
    const page = await opened(file)
    await until(
      () => demo.output.includes('Running until Ctrl-C') || !demo.running,
      (done) => done,
    )
    expect(demo.output).toContain(`a page for people at ${page}\n`)
    expect((await ask(page)).headers['content-type']).toContain('text/html')
    const requests = async () => new Exposition((await ask(`${page}metrics`)).body).total('http_requests_total')
    const before = await requests()
    // There is something to look at.
    await until(requests, (count) => count > before)
    expect((await demo.kill('SIGINT')).code).toBe(0)
    await expect(ask(page)).rejects.toThrow()
    expect(demo.errors).toBe('')
  })
})
