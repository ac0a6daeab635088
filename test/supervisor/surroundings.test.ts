import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
const register = pathToFileURL(join(root, 'dist', 'esm', 'register.js')).href

describe.runIf(process.platform === 'linux')('promhive run, whatever happens around it', { concurrent: true }, () => {
  test('that is asked to end before it has started ends, and starts no process', { timeout }, async ({ stage }) => {
    const { app, release } = await starting(stage, 2)
    app.signal('SIGTERM')
    // The signal has arrived when the hook continues.
    await app.says(/hook told SIGTERM/)
    writeFileSync(release, '')
    expect(await app.ended).toBe(0)
    expect(app.output).toContain('hook stopped')
    expect(app.output).not.toContain('hook workerStarted')
    expect(app.output).not.toContain('workers serve')
  })

  test('that is asked twice does not wait for a hook either', { timeout }, async ({ stage }) => {
    const { app } = await starting(stage, 1)
    app.signal('SIGTERM')
    await app.says(/hook told SIGTERM/)
    app.signal('SIGINT')
    expect(await app.ended).not.toBeNull()
    expect(app.output).not.toContain('not done after')
    expect(app.output).not.toContain('hook workerStarted')
  })

  test('that gets TTIN while it starts has a worker more than it was to have', { timeout }, async ({ stage }) => {
    const { app, release } = await starting(stage, 1)
    app.signal('SIGTTIN')
    await app.says(/hook told SIGTTIN/)
    writeFileSync(release, '')
    await app.says(/2 workers from now on, 1 before/)
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 2,
    )
  })

  test('continues to serve when its output is no longer read', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1'] })
    app.child.stderr!.destroy()
    app.child.stdout!.destroy()
    // Each of these is a line that is not read.
    for (const workers of [2, 3]) {
      app.signal('SIGTTIN')
      await app.shows((seen) => Object.keys(seen.labelled('app_worker_memory_bytes')).length === workers)
    }
    expect(await app.ask()).toMatch(/^\d+$/)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
  })

  test('an application that listens for TERM gets it, even if it has nothing else to do', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { app: 'says-goodbye.mjs', args: ['--workers', '1'] })
    const [worker] = app.workerPids()
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(app.output).toContain(`goodbye from ${worker}`)
  })

  test('an application that listens for TERM gets it once, even while endless connections are open', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, {
      app: 'holds-connections.mjs',
      args: ['--workers', '1', '--graceful-timeout', '15'],
    })
    const socket = connect(app.port, '127.0.0.1')
    stage.after(() => void socket.destroy())
    await once(socket, 'data')
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(app.output.match(/goodbye to 1/g)).toHaveLength(1)
  })

  test('a reload of an application that kept failing starts it at once, and logs it when it has started', {
    timeout,
  }, async ({ stage }) => {
    const broken = join(stage.folder(), 'broken')
    const app = await SupervisedApplication.start(stage, {
      app: 'starts-later.mjs',
      args: ['--workers', '1'],
      env: { BROKEN: broken },
    })
    const [first] = app.workerPids()
    writeFileSync(broken, '')
    process.kill(first!, 'SIGKILL')
    await app.says(/(start_failed[\s\S]*){4}/)
    rmSync(broken)
    app.signal('SIGHUP')
    await app.says(/reloaded 1 worker\n/)
    expect(await app.ask()).toMatch(/^\d+$/)
  })

  test('a worker that is asked to end is replaced, also right after a reload that failed', {
    timeout,
  }, async ({ stage }) => {
    const broken = join(stage.folder(), 'broken')
    const app = await SupervisedApplication.start(stage, {
      app: 'starts-later.mjs',
      args: ['--workers', '1'],
      env: { BROKEN: broken },
    })
    const first = await app.ask()
    writeFileSync(broken, '')
    app.signal('SIGHUP')
    await app.says(/the old one stays/)
    rmSync(broken)
    process.kill(Number(first), 'SIGTERM')
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1)
    expect(await app.ask()).toMatch(/^\d+$/)
  })

  test.for([
    ['promhive run', {}],
    ['a primary of an application', { primary: 'own-primary.mjs' }],
  ] as const)(
    '%s has its metrics port also where promhive/register is loaded into every process',
    {
      timeout,
    },
    async ([, how], { stage }) => {
      const port = String(await freePort())
      const env = {
        NODE_OPTIONS: `--import ${register}`,
        PROMHIVE_METRICS_PORT: port,
        PROMHIVE_METRICS_HOST: '127.0.0.1',
      }
      const args = 'primary' in how ? [] : ['--workers', '2', '--port', port]
      const app = await SupervisedApplication.start(stage, { ...how, args, env: { ...env, OWN_PORT: port } })
      await app.ask()
      await app.shows(
        (seen) => seen.total('http_requests_total') === 1 && seen.total('app_worker_requests_total') === 1,
      )
      expect(app.output).not.toContain('the metrics cannot be scraped')
    },
  )

  test('arguments after -- are the application’s, even those that promhive has as well', { timeout }, async ({
    stage,
  }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--', '--help', '-h'] })
    expect(JSON.parse(await app.ask('/facts')).argv.slice(2)).toEqual(['--help', '-h'])
  })
})

/** An application whose first hook waits: its supervisor has started, and none of its workers. */
async function starting(stage: Stage, workers: number) {
  const { hooks, release } = waitingHooks(stage)
  const app = await SupervisedApplication.launch(stage, { args: ['--workers', String(workers), '--hooks', hooks] })
  await app.says(/hook starting/)
  return { app, release }
}

/** A first hook that runs until a file exists, and prints the signals that have arrived meanwhile. */
function waitingHooks(stage: Stage): { hooks: string; release: string } {
  const folder = stage.folder()
  const [hooks, release] = [join(folder, 'hooks.mjs'), join(folder, 'release')]
  writeFileSync(
    hooks,
    `import { existsSync } from 'node:fs'
export async function starting() {
  for (const signal of ['SIGTERM', 'SIGTTIN']) process.once(signal, () => console.log('hook told ' + signal))
  console.log('hook starting')
  while (!existsSync(${JSON.stringify(release)})) await new Promise((resolve) => setTimeout(resolve, 20))
}
export const workerStarted = () => console.log('hook workerStarted')
export const stopped = () => console.log('hook stopped')
`,
  )
  return { hooks, release }
}
