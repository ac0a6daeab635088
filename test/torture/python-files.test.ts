import { rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { canonicalLines } from '../helpers/python/canonical.js'
import { GunicornServer, hasGunicorn } from '../helpers/python/gunicorn-server.js'
import { PythonCollector } from '../helpers/python/python-collector.js'

const duration = Number(process.env.TORTURE_SECONDS ?? 40) * 1000

describe.skipIf(!hasGunicorn)('gunicorn whose workers are killed under load', () => {
  test('has the same metrics as in Python’s collector at the end, and no counter goes back', async ({ stage }) => {
    const directory = stage.directory()
    const gunicorn = await GunicornServer.start(stage, directory, 6)
    const served = await promhiveServe(stage, ['--dir', directory])
    const end = Date.now() + duration
    let sent = 0
    let answered = 0
    const load = async (): Promise<void> => {
      while (Date.now() < end) {
        const number = sent++
        await gunicorn.request(`/p${number % 7}?${number}`).then(
          () => answered++,
          // The request of a killed worker.
          () => {},
        )
      }
    }
    const kill = async (): Promise<void> => {
      while (Date.now() < end) {
        const workers = gunicorn.workers()
        const victim = workers[Math.floor(Math.random() * workers.length)]
        if (victim !== undefined) process.kill(victim, Math.random() < 0.5 ? 'SIGKILL' : 'SIGTERM')
        await pause(1000)
      }
    }
    const vandalize = async (): Promise<void> => {
      const file = join(directory, 'counter_4000001.db')
      for (let i = 0; Date.now() < end; i++) {
        if (i % 3 === 0) writeFileSync(file, Buffer.alloc(100_000, i % 256))
        else if (i % 3 === 1) truncateSync(file, i % 40)
        else unlinkSync(file)
        await pause(30)
      }
      rmSync(file, { force: true })
    }
    let scrapes = 0
    const scrape = async (): Promise<void> => {
      let before = new Exposition('')
      while (Date.now() < end) {
        const { status, body } = await ask(served.url)
        expect(status, body).toBe(200)
        const now = new Exposition(body)
        expect(wentBack(before, now)).toEqual([])
        before = now
        scrapes++
      }
    }
    await Promise.all([load(), load(), load(), load(), kill(), vandalize(), scrape()])
    await until(
      () => gunicorn.workers(),
      ({ length }) => length === 6,
    )
    const python = PythonCollector.start(stage, directory)
    // gunicorn may still be about to remove the files of the last worker that was killed.
    const seen = await until(
      async () => [canonicalLines((await ask(served.url)).body), canonicalLines(await python.collect())] as const,
      ([ours, theirs]) => ours.join() === theirs.join(),
    )
    expect(seen[0]).toEqual(seen[1])
    const total = new Exposition((await ask(served.url)).body).total('app_requests_total')
    expect(total).toBeGreaterThanOrEqual(answered)
    expect(total).toBeLessThanOrEqual(sent)
    expect(scrapes).toBeGreaterThan(10)
    console.log(`${answered} requests, ${scrapes} scrapes`)
  })
})
