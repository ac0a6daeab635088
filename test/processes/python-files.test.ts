import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { CollectorRegistry, generateLatest, MultiProcessCollector } from '../../src/python.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasPromtool, promtoolSays } from '../helpers/promtool.js'
import { canonicalLines } from '../helpers/python/canonical.js'
import { GunicornServer, hasGunicorn } from '../helpers/python/gunicorn-server.js'
import { hasPythonClient, PythonCollector, runPython } from '../helpers/python/python-collector.js'

const timeout = 120_000

async function page(url: string): Promise<string> {
  const { status, body } = await ask(url)
  expect(status, body).toBe(200)
  return body
}

describe.skipIf(!hasGunicorn)('a directory that workers of gunicorn write to', () => {
  test('is shown as Python’s own collector shows it, while workers end and others start', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const gunicorn = await GunicornServer.start(stage, directory, 4)
    const served = await promhiveServe(stage, ['--dir', directory])
    const python = PythonCollector.start(stage, directory)
    const isSame = async (): Promise<void> => {
      const theirs = canonicalLines(await python.collect())
      expect(theirs.length).toBeGreaterThan(100)
      expect(canonicalLines(await page(served.url))).toEqual(theirs)
      // A reader that has read nothing before.
      const registry = new CollectorRegistry()
      new MultiProcessCollector(registry, directory)
      expect(canonicalLines(String(await generateLatest(registry)))).toEqual(theirs)
    }
    let before = new Exposition(await page(served.url))
    const watch = async (during: Promise<unknown>): Promise<void> => {
      let over = false
      void during.finally(() => (over = true))
      while (!over) {
        const now = new Exposition(await page(served.url))
        expect(wentBack(before, now)).toEqual([])
        before = now
      }
      await during
    }
    await watch(gunicorn.load(200))
    await isSame()

    const [killed, stopped] = gunicorn.workers() as [number, number]
    process.kill(killed, 'SIGKILL')
    process.kill(stopped, 'SIGTERM')
    // gunicorn reports both with mark_process_dead(), which removes their files of live gauges.
    await until(
      () => readdirSync(directory).filter((name) => /^gauge_live/.test(name) && pidOf(name) === killed),
      ({ length }) => length === 0,
    )
    await until(
      () => gunicorn.workers(),
      (workers) => workers.length === 4 && !workers.includes(killed) && !workers.includes(stopped),
    )
    await watch(gunicorn.load(160, 200))
    await isSame()
    expect(before.total('app_requests_total')).toBeLessThanOrEqual(360)
    expect(new Exposition(await page(served.url)).total('app_requests_total')).toBe(360)
    if (hasPromtool) expect(promtoolSays(await page(served.url))).not.toContain('error')
    expect(served.errors()).toBe('')
  })

  test('shows live gauges of running workers only, without a report of their death', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const gunicorn = await GunicornServer.start(stage, directory, 2, { reportsDeath: false })
    const served = await promhiveServe(stage, ['--dir', directory])
    await gunicorn.load(40)
    const [killed, other] = gunicorn.workers() as [number, number]
    const each = async (): Promise<string[]> => {
      const shown = new Exposition(await page(served.url)).labelled('shared_each')
      return Object.keys(shown).sort()
    }
    expect(await each()).toEqual([`pid="${killed}"`, `pid="${other}"`].sort())
    // It changes its values after the last scrape.
    await gunicorn.load(40)
    process.kill(killed, 'SIGKILL')
    await until(
      () => gunicorn.workers(),
      (workers) => workers.length === 2 && !workers.includes(killed),
    )
    expect(readdirSync(directory)).toContain(`gauge_liveall_${killed}.db`)
    await until(each, (pids) => pids.length === 2 && !pids.includes(`pid="${killed}"`))
    // Its counts stay.
    for (let scrape = 1; scrape <= 3; scrape++) expect(await each()).not.toContain(`pid="${killed}"`)
    expect(new Exposition(await page(served.url)).total('app_requests_total')).toBe(80)
  })

  test('is answered together with the processes of a Node.js cluster in it', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const gunicorn = await GunicornServer.start(stage, directory, 3)
    const port = await freePort()
    const node = await stage.launch('python-neighbour.mjs', {
      args: [String(port), '2'],
      env: { PROMETHEUS_MULTIPROC_DIR: directory },
    })
    await until(
      () => node.output,
      (text) => text.includes('serving'),
    )
    const own = /serving (\S+)/.exec(node.output)![1]!
    const served = await promhiveServe(stage, ['--dir', directory])
    const askNode = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await ask(`http://127.0.0.1:${port}/?${i}`)
    }
    let before = new Exposition('')
    let over = false
    const load = Promise.all([gunicorn.load(300), askNode(200)]).finally(() => (over = true))
    while (!over) {
      const now = new Exposition(await page(own))
      expect(wentBack(before, now)).toEqual([])
      before = now
    }
    await load
    process.kill(gunicorn.workers()[0]!, 'SIGKILL')
    for (const url of [own, served.url]) {
      const text = await page(url)
      const seen = new Exposition(text)
      expect(seen.labelled('shared_jobs_total')).toEqual({ 'kind="node"': 200, 'kind="web"': 500 })
      expect(seen.labelled('shared_seconds_bucket')).toEqual({
        'le="0.25"': 63,
        'le="1"': 126,
        'le="4"': 314,
        'le="+Inf"': 500,
      })
      expect(seen.value('shared_seconds_count')).toBe(500)
      expect(seen.total('app_requests_total')).toBe(300)
      // promhive's definition is shown, and the conflict is reported.
      expect(seen.labelled('app_sum')).toEqual({ 'path="/p0"': 1 })
      if (hasPromtool) expect(promtoolSays(text)).not.toContain('error')
    }
    await until(
      async () => Object.keys(new Exposition(await page(own)).labelled('shared_each')).sort(),
      (labels) => labels.filter((label) => label.startsWith('pid=')).length >= 2 && labels.includes('worker="2"'),
    )
    expect(served.errors()).toContain("promhive's is shown, not that of Python's client")
  })
})

describe.skipIf(!hasPythonClient)('files that Python wrote with other process identifiers', () => {
  test('add fractions up in the order of the file names', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    mkdirSync(directory)
    runPython('write.py', ['12'], { PROMETHEUS_MULTIPROC_DIR: directory })
    writeFileSync(join(directory, 'celery.sqlite'), 'not of the client')
    const python = PythonCollector.start(stage, directory, 'by_name')
    const registry = new CollectorRegistry()
    new MultiProcessCollector(registry, directory)
    expect(canonicalLines(String(await generateLatest(registry)))).toEqual(canonicalLines(await python.collect()))
  })
})

function pidOf(name: string): number {
  return Number(/_(\d+)\.db$/.exec(name)?.[1])
}
