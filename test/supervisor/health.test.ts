import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { servingReadiness } from '../../src/supervisor/serving-readiness.js'
import type { WorkerState } from '../../src/supervisor/worker-process.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

test('a supervisor is ready while a worker serves, and not while all of them end', { timeout }, async ({ stage }) => {
  const release = join(stage.folder(), 'release')
  const app = await SupervisedApplication.start(stage, { args: ['--workers', '2'], env: { RELEASE: release } })
  const probe = async (path: string): Promise<[number, string]> => {
    const { status, body } = await ask(app.url.replace('/metrics', path))
    return [status, body]
  }
  expect(await probe('/healthz')).toEqual([200, 'ok\n'])
  expect(await probe('/readyz')).toEqual([200, 'ready: 2 of 2 workers serve\n'])
  const slow = app.ask('/slow')
  await app.shows((seen) => seen.total('app_worker_requests_in_flight') === 1)
  app.signal('SIGTERM')
  // An orchestrator sends no further requests, and the one in progress is answered.
  await until(
    () => probe('/readyz'),
    ([status, text]) => status === 503 && /^not ready: 0 of \d workers serve\n$/.test(text),
  )
  expect(await probe('/healthz')).toEqual([200, 'ok\n'])
  writeFileSync(release, '')
  expect(await slow).toBe('late')
  expect(await app.ended).toBe(0)
})

test.each<[readonly WorkerState[], boolean, string]>([
  [['running', 'blocked', 'starting'], true, 'ready: 1 of 3 workers serve'],
  [['blocked', 'draining', 'aborting', 'down'], false, 'not ready: 0 of 4 workers serve'],
  [[], false, 'not ready: 0 of 0 workers serve'],
])('workers that are %j', (states, ready, text) => {
  expect(servingReadiness(states.map((state) => ({ state: () => state })))).toEqual({ ready, text })
})
