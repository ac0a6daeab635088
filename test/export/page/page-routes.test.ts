import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plainTest } from 'vitest'
import { promhiveServe } from '../../helpers/processes/command.js'
import { root } from '../../helpers/processes/dist.js'
import { ask } from '../../helpers/processes/http.js'
import { test } from '../../helpers/processes/stage.js'

const assets = join(root, 'src', 'export', 'page', 'assets')

describe('the routes of the page', () => {
  test('every file of the page is served, with a policy that allows only this server', async ({ stage }) => {
    const worker = await stage.start('actor.mjs')
    const { port } = await worker.ask<{ port: number }>('serve', { port: 0 })
    const base = `http://127.0.0.1:${port}`
    const paths = [...readdirSync(assets).filter((name) => name !== 'index.html'), 'uplot.js', 'uplot.css', 'state']
    for (const path of ['/', ...paths.map((name) => `/page/${name}`)]) {
      const { status, headers } = await ask(base + path)
      expect([path, status]).toEqual([path, 200])
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'/,
      )
      expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'$/)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
    expect((await ask(`${base}/other`)).body).toContain('this server has /metrics, /,')
  })

  test('the Host header is checked as for the metrics', async ({ stage }) => {
    const worker = await stage.start('actor.mjs')
    const { port } = await worker.ask<{ port: number }>('serve', { port: 0 })
    for (const path of ['/', '/page/state', '/page/page.js']) {
      const answered = await fetch(`http://localhost:${port}${path}`)
      expect(answered.status).toBe(200)
      const { request } = await import('node:http')
      const status = await new Promise((resolve) =>
        request({ port, path, host: '127.0.0.1', headers: { host: 'rebound.example' } }, ({ statusCode }) =>
          resolve(statusCode),
        ).end(),
      )
      expect([path, status]).toEqual([path, 403])
    }
  })

  test('one option disables it: page, PROMHIVE_PAGE and --no-page; a metrics path of / replaces it', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const worker = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    const quiet = await stage.start('actor.mjs', { env: { PROMHIVE_PAGE: 'off' } })
    const pages = await Promise.all([
      worker.ask<{ url: string }>('serve', { port: 0, page: false }),
      quiet.ask<{ url: string }>('serve', { port: 0 }),
      promhiveServe(stage, ['--dir', directory, '--no-page']),
      promhiveServe(stage, ['--dir', directory], { PROMHIVE_PAGE: '0' }),
    ])
    for (const { url } of pages) {
      expect((await ask(new URL('/', url).href)).status).toBe(404)
      expect((await ask(new URL('/page/state', url).href)).status).toBe(404)
    }
    const { url } = await worker.ask<{ url: string }>('serve', { port: 0, path: '/' })
    expect((await ask(url)).headers['content-type']).toMatch(/^text\/plain/)
  })

  plainTest('the HTML has no inline script or style, and names no other host', () => {
    const html = readFileSync(join(assets, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/)
    expect(html.match(/(?:href|src)="(?!data:|page\/|#|metrics")[^"]*"/g)).toBeNull()
  })
})
