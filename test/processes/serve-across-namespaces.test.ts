import { spawnSync } from 'node:child_process'
import { describe, expect } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { portableEnvironment } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
/** A process in it is process 1, and sees none of the other namespace: like two containers with one volume. */
const wrapper = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare =
  process.platform === 'linux' &&
  spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true'], { stdio: 'ignore' }).status === 0
const hasAddon = loadBinding().binding !== undefined

const off = { PROMHIVE_NATIVE: 'off' }
/** Which of the two has the addon. In Node.js images without a C library that it knows, the sidecar may have none. */
const sides = [
  { sides: 'both have the addon', application: {}, sidecar: {} },
  { sides: 'only the application has the addon', application: {}, sidecar: off },
  { sides: 'only promhive serve has the addon', application: off, sidecar: {} },
  { sides: 'neither has the addon or /proc', application: portableEnvironment, sidecar: portableEnvironment },
]

describe.skipIf(!canUnshare || !hasAddon)(
  'an application and promhive serve in two PID namespaces (needs root)',
  () => {
    test.for(sides)(
      '$sides: after a kill, counts stay and live gauges leave with the next scrape',
      { timeout },
      async ({ application, sidecar }, { stage }) => {
        const directory = stage.directory()
        const app = await stage.start('cluster.mjs', { env: { ...application, PROMHIVE_DIR: directory }, wrapper })
        const pids = await startWorkers(app)
        // The namespace of the application has its own numbers, which mean other processes here, or none.
        expect(pids.every((pid) => pid < 100)).toBe(true)
        const served = await promhiveServe(stage, ['--dir', directory], sidecar, wrapper)
        await until(
          () => scrape(served.url),
          (seen) => seen.total('jobs_total') === 60 && seen.value('level') === 6,
        )
        await app.ask('killWorker', 'b', 'SIGKILL')
        // At once: the kernel has released the lock of the process, or closed its liveness file.
        const after = await scrape(served.url)
        expect(after.labelled('jobs_total')).toEqual({ 'worker="a"': 10, 'worker="b"': 20, 'worker="c"': 30 })
        expect(after.value('level')).toBe(4)
        expect(await writers(served.url)).toEqual({ live: 2, dead: 1 })

        await app.kill()
        const last = await until(
          () => scrape(served.url),
          (seen) => seen.value('level') === undefined,
        )
        expect(last.total('jobs_total')).toBe(60)
        expect(served.errors()).toBe('')
      },
    )
  },
)

/** Three workers of a cluster, which count 10, 20 and 30, and set a live gauge to 1, 2 and 3. */
async function startWorkers(app: { ask<T>(verb: string, ...args: readonly unknown[]): Promise<T> }): Promise<number[]> {
  const pids: number[] = []
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    pids.push((await app.ask<{ pid: number }>('startWorker', name)).pid)
    await app.ask('askWorker', name, 'count', 'jobs_total', { worker: name }, 10 * (i + 1))
    await app.ask('askWorker', name, 'setGauge', 'level', 'livesum', i + 1)
  }
  return pids
}

async function scrape(url: string): Promise<Exposition> {
  const { status, body } = await ask(url)
  expect(status).toBe(200)
  return new Exposition(body)
}

async function writers(url: string): Promise<Record<string, number>> {
  const { body } = await ask(url)
  const lines = body.matchAll(/^promhive_writers\{state="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, state, count]) => [state, Number(count)]))
}
