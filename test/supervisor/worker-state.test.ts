import { describe, expect } from 'vitest'
import type { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

/** The states that a scrape shows of a worker, and when each was entered. */
function statesOf(seen: Exposition, worker: number): { state: string; since: number }[] {
  return Object.keys(seen.labelled('gunicorn_worker_state'))
    .map((labels) => /^state="(\w+)",timestamp="(\d+)",worker_id="(\d+)"$/.exec(labels)!)
    .filter(([, , , id]) => Number(id) === worker)
    .map(([, state, since]) => ({ state: state!, since: Number(since) }))
}

describe.runIf(process.platform === 'linux')('the time in gunicorn_worker_state is when the state was entered', () => {
  test('by this worker: after a reload, after a crash, and while a worker leaves', { timeout }, async ({ stage }) => {
    const args = ['--workers', '1', '--compat', 'gunicorn', '--dir', stage.directory(), '--host', '127.0.0.1']
    const app = await SupervisedApplication.start(stage, { args })
    const entered = async (state: string, after: number, worker = 1): Promise<number> => {
      const seen = await app.shows((scrape) => {
        const [only, ...others] = statesOf(scrape, worker)
        return others.length === 0 && only?.state === state && only.since >= after
      })
      return statesOf(seen, worker)[0]!.since
    }
    /** A second in which nothing has happened yet. */
    const nextSecond = async (): Promise<number> => {
      const now = Math.floor(Date.now() / 1000)
      return until(
        async () => Math.floor(Date.now() / 1000),
        (second) => second > now,
      )
    }
    const began = await entered('running', 0)

    const reloaded = await nextSecond()
    app.signal('SIGHUP')
    expect(await entered('running', reloaded)).toBeGreaterThan(began)

    const crashed = await nextSecond()
    process.kill(app.workerPids()[0]!, 'SIGKILL')
    const last = await entered('running', crashed)
    expect(last).toBeGreaterThanOrEqual(crashed)

    // The same state stays the same series.
    await nextSecond()
    await nextSecond()
    expect(await entered('running', 0)).toBe(last)

    app.signal('SIGTTIN')
    await entered('running', 0, 2)
    const slow = app.ask('/slow').catch(() => '')
    const slow2 = app.ask('/slow').catch(() => '')
    const left = await nextSecond()
    app.signal('SIGTTOU')
    await entered('quitting', left, 2)
    await Promise.all([slow, slow2])
    await app.shows((seen) => statesOf(seen, 2).length === 0)
  })
})
