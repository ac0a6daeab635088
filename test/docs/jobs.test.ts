import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { DocumentationPage } from '../helpers/documentation-page.js'
import type { Actor } from '../helpers/processes/actor.js'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const page = new DocumentationPage('docs/jobs.md')
const timeout = 120_000

describe('the page on jobs', () => {
  test('names the file of every program, and is linked', () => {
    const programs = page.blocks.filter(({ language }) => language !== '')
    expect(programs.filter(({ file }) => file === undefined)).toEqual([])
    expect(page.brokenLinks()).toEqual([])
    expect(readFileSync(join(root, 'docs', 'redis.md'), 'utf8')).toContain('(jobs.md)')
  })

  test('runs in a Kubernetes CronJob what the page shows', () => {
    const { text } = page.blocks.find(({ file }) => file === 'cronjob.yaml')!
    const [, command] = /command: \[(.*)\]/.exec(text)!
    const [node, file] = command!.split(', ')
    expect([node, page.blocks.some((block) => block.file === file)]).toEqual(['node', true])
    const variables = [...text.matchAll(/name: ([A-Z_]+)/g)].map(([, name]) => name)
    const read = page.blocks
      .flatMap((block) => [...block.text.matchAll(/process\.env\.(\w+)/g)])
      .map(([, name]) => name)
    expect(new Set(variables)).toEqual(new Set(read))
  })
})

describe.skipIf(!hasRedis)('jobs as the page has them', () => {
  test('are added up, at once and one after another', { timeout }, async ({ stage }) => {
    const jobs = await start(stage)
    await Promise.all([jobs.run('report.mjs'), jobs.run('report.mjs')])
    await jobs.run('report.mjs')
    const scrape = await jobs.shows('reports_total', 3)
    expect(scrape.value('report_finished_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - timeout)
  })

  test('a queue worker ends in order', { timeout }, async ({ stage }) => {
    const jobs = await start(stage)
    const worker = jobs.launch('worker.mjs')
    await until(
      async () => (await jobs.scrape()).value('mail_total') ?? 0,
      (count) => count > 0,
    )
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toEqual({ code: 0, signal: null })
    const total = (await jobs.scrape()).value('mail_total')
    expect(total).toBeGreaterThan(0)
    expect((await jobs.scrape()).value('mail_total')).toBe(total)
  })

  test('a function that is frozen after each invocation counts once', { timeout }, async ({ stage }) => {
    const jobs = await start(stage)
    const functions = [jobs.launch('invoke.mjs'), jobs.launch('invoke.mjs')]
    let invocations = 0
    for (let round = 0; round < 3; round++) {
      for (const each of functions) {
        each.child.kill('SIGCONT')
        await invoke(each)
        each.child.kill('SIGSTOP')
        invocations++
        await jobs.shows('orders_total', invocations)
      }
      // Both are taken for dead, and all that they counted is in the totals.
      await until(jobs.tombstones, (count) => count >= 2 * (round + 1))
      await jobs.shows('orders_total', invocations)
    }
    // One is thawed for the last time, the other is deleted.
    functions[0]!.child.kill('SIGCONT')
    await invoke(functions[0]!)
    for (const each of functions) await each.kill()
    await jobs.shows('orders_total', invocations + 1)
  })
})

/** As Lambda calls a handler. */
const runtime = `
import { handler } from './handler.mjs'
process.on('message', async () => process.send({ id: (await handler()).statusCode }))
process.send({ ready: true })`

async function invoke(actor: Actor): Promise<void> {
  await actor.started()
  const answer = new Promise((resolve) => actor.child.once('message', resolve))
  actor.tell('invoke')
  expect(await answer).toEqual({ id: 200 })
}

/** The files of the page, with times that suit a test, and a process that answers scrapes. */
async function start(stage: Stage) {
  const { url, client } = await startRedis(stage)
  const [folder, port] = [stage.folder(), await freePort()]
  page.install(folder, { 9464: port })
  writeFileSync(join(folder, 'invoke.mjs'), runtime)
  for (const file of ['report.mjs', 'metrics.mjs', 'worker.mjs', 'handler.mjs']) {
    const text = readFileSync(join(folder, file), 'utf8')
    const shorter = text.replace("keyPrefix: 'jobs'", "keyPrefix: 'jobs', flushInterval: 0.1, deadAfter: 0.5")
    expect(shorter).not.toBe(text)
    writeFileSync(join(folder, file), shorter)
  }
  const launch = (file: string): Actor => stage.launch(join(folder, file), { cwd: folder, env: { REDIS_URL: url } })
  launch('metrics.mjs')
  const answered = () => ask(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  await until(answered, (answer) => answer?.status === 200)
  const scrape = async (): Promise<Exposition> => new Exposition((await answered())?.body ?? '')
  return {
    launch,
    scrape,
    run: async (file: string) => {
      const job = launch(file)
      expect([await job.ended, job.errors]).toEqual([{ code: 0, signal: null }, ''])
    },
    shows: (name: string, value: number) => until(scrape, (seen) => seen.value(name) === value),
    tombstones: () => client.hlen('{jobs}:folded'),
  }
}
