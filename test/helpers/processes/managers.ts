import { join } from 'node:path'
import { root } from './dist.js'
import { ask } from './http.js'
import { hasPm2, Pm2 } from './pm2.js'
import { freePort } from './port.js'
import type { Stage } from './stage.js'
import { SupervisedApplication } from './supervised.js'
import { until } from './until.js'

const application = join(root, 'test', 'processes', 'programs', 'http-application.mjs')

/** A process manager that runs `http-application.mjs` as three processes or threads, with its usual operations. */
export interface Manager {
  /** Where the application answers. */
  ports(): readonly number[]
  /** Has every one followed by another; resolves when they answer. */
  reload(): Promise<void>
  /** Ends one by force, and resolves when another has followed. */
  kill(): Promise<void>
  scale(count: number): Promise<void>
}

/** Four ways to run the same application, unchanged. */
export const managers: Readonly<Record<string, (stage: Stage) => Promise<Manager>>> = {
  'promhive run': underPromhive,
  'node:cluster': underCluster,
  'worker threads': inThreads,
  ...(hasPm2 && { PM2: underPm2 }),
}

async function underPromhive(stage: Stage): Promise<Manager> {
  const app = await SupervisedApplication.start(stage, {
    app: join('..', '..', 'processes', 'programs', 'http-application.mjs'),
    args: ['--workers', '3'],
  })
  await answers(app.port)
  const gone = (pids: readonly number[], count = pids.length): Promise<unknown> =>
    until(
      () => app.workerPids(),
      (now) => now.length === count && !now.some((pid) => pids.includes(pid)),
    )
  const running = (count: number): Promise<unknown> =>
    app.shows((seen) => {
      const states = Object.entries(seen.labelled('app_worker_state'))
      return states.filter(([labels, value]) => labels.includes('state="running"') && value === 1).length === count
    })
  return {
    ports: () => [app.port],
    async reload() {
      const before = app.workerPids()
      app.signal('SIGHUP')
      await gone(before)
      await running(before.length)
    },
    async kill() {
      const before = app.workerPids()
      process.kill(before[0]!, 'SIGKILL')
      await until(
        () => app.workerPids(),
        (pids) => pids.length === before.length && !pids.includes(before[0]!),
      )
      await running(before.length)
    },
    async scale(count) {
      for (let now = app.workerPids().length; now !== count; now += Math.sign(count - now)) {
        app.signal(now < count ? 'SIGTTIN' : 'SIGTTOU')
        const next = now + Math.sign(count - now)
        await until(
          () => app.workerPids(),
          (pids) => pids.length === next,
        )
      }
      await running(count)
    },
  }
}

async function underCluster(stage: Stage): Promise<Manager> {
  const port = await freePort()
  const primary = await stage.start('cluster-manager.mjs', { env: { PORT: String(port) } })
  const pids = (): Promise<number[]> => primary.ask<number[]>('pids')
  await answers(port)
  return {
    ports: () => [port],
    reload: () => primary.ask('reload'),
    async kill() {
      const before = await pids()
      process.kill(before[0]!, 'SIGKILL')
      await until(pids, (now) => now.length === before.length && !now.includes(before[0]!))
      await answers(port)
    },
    scale: (count) => primary.ask('scale', count),
  }
}

async function inThreads(stage: Stage): Promise<Manager> {
  const main = await stage.start('threads-manager.mjs')
  let next = 0
  let ports = await main.ask<number[]>('ports')
  const change = async (verb: string, ...args: readonly number[]): Promise<void> => {
    ports = await main.ask<number[]>(verb, ...args)
    for (const port of ports) await answers(port)
  }
  await change('ports')
  return {
    ports: () => ports,
    reload: () => change('reload'),
    kill: () => change('kill', next++),
    scale: (count) => change('scale', count),
  }
}

async function underPm2(stage: Stage): Promise<Manager> {
  const pm2 = new Pm2(stage)
  const port = await freePort()
  await pm2.run(['start', application, '--name', 'shop', '-i', '3'], { PORT: String(port) })
  const settled = async (count: number, without: readonly number[] = []): Promise<void> => {
    await until(
      () => pm2.pidsOf('shop'),
      (pids) => pids.length === count && !pids.some((pid) => without.includes(pid)),
    )
    await answers(port)
  }
  await settled(3)
  return {
    ports: () => [port],
    async reload() {
      const before = await pm2.pidsOf('shop')
      await pm2.run(['reload', 'shop'])
      await settled(before.length, before)
    },
    async kill() {
      const before = await pm2.pidsOf('shop')
      process.kill(before[0]!, 'SIGKILL')
      await settled(before.length, before.slice(0, 1))
    },
    async scale(count) {
      await pm2.run(['scale', 'shop', String(count)])
      await settled(count)
    },
  }
}

/** Until a process answers there. */
async function answers(port: number): Promise<void> {
  await until(
    () => ask(`http://127.0.0.1:${port}/ready`).catch(() => undefined),
    (answer) => answer?.status === 200,
  )
}
