import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
/** Does what a container does for its process: the process has number 1, and sees no others. */
const wrapper = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare =
  process.platform === 'linux' &&
  spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true'], { stdio: 'ignore' }).status === 0

describe.skipIf(!canUnshare)('promhive run as process 1 (needs the right to make namespaces)', () => {
  // The kernel delivers no signal to process 1 that it does not listen for.
  test.for(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    'ends gracefully on %s, with code 0, and no process is left',
    { timeout },
    async (signal, { stage }) => {
      const release = join(stage.folder(), 'release')
      const env = { RELEASE: release }
      const app = await SupervisedApplication.start(stage, { wrapper, args: ['--workers', '2'], env })
      expect(namespacePid(app.pid)).toBe(1)
      const workers = app.workerPids()
      expect(workers).toHaveLength(2)
      const slow = app.ask('/slow')
      await app.shows((seen) => seen.total('app_worker_requests_in_flight') === 1)
      app.signal(signal)
      // The idle one ends, the other one does not.
      await until(
        () => app.workerPids(),
        (pids) => pids.length === 1,
      )
      writeFileSync(release, '')
      expect(await slow).toBe('late')
      expect(await app.ended).toBe(0)
      expect(workers.filter((pid) => namespacePid(pid) !== undefined)).toEqual([])
    },
  )

  test('reloads, scales and replaces killed workers, and every request is counted', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { wrapper, args: ['--workers', '2'] })
    const load = loadOn(app.port, { clients: 4 })
    app.signal('SIGHUP')
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="reload"}') === 2)
    app.signal('SIGTTIN')
    await app.shows((seen) => seen.value('app_worker_state{worker_id="3",app_worker_state="running"}') === 1)
    app.signal('SIGTTOU')
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 2,
    )
    const reached = load.answered() + 100
    await until(load.answered, (answered) => answered >= reached)
    const { faults, sent } = await load.stop()
    expect(faults).toEqual({})
    await app.shows((seen) => seen.total('app_worker_requests_total') === sent)
    process.kill(app.workerPids()[0]!, 'SIGKILL')
    const after = await app.shows(
      (seen) =>
        seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1 &&
        [1, 2].every((id) => seen.value(`app_worker_state{worker_id="${id}",app_worker_state="running"}`) === 1),
    )
    expect(after.total('app_worker_requests_total')).toBe(sent)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
  })

  test.skipIf(loadBinding().binding === undefined)(
    'reaps processes that outlived their parent, and its own workers as before',
    { timeout },
    async ({ stage }) => {
      const app = await SupervisedApplication.start(stage, { wrapper, args: ['--workers', '1'] })
      expect(await app.ask('/orphan')).toBe('left')
      // Process 1 is its parent now, and of its children only this one is not a worker.
      const zombies = (): number[] => app.workerPids().filter(isZombie)
      await until(zombies, (pids) => pids.length === 1)
      await until(zombies, (pids) => pids.length === 0)
      process.kill(app.workerPids()[0]!, 'SIGKILL')
      await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1)
      expect(app.output).not.toContain('zombie')
    },
  )
})

function isZombie(pid: number): boolean {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

/** A process's number in its own namespace, which is the last; undefined if it has ended. */
function namespacePid(pid: number): number | undefined {
  try {
    return Number(/^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
  } catch {
    return undefined
  }
}
