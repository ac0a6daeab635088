import { createServer } from 'node:net'
import { describe, expect } from 'vitest'
import { Counter, register } from '../../../src/index.js'
import { Configuration } from '../../../src/supervisor/settings/configuration.js'
import {
  defaultOnExit,
  defaultOnStarting,
  defaultPostFork,
  defaultWhenReady,
  defaultWorkerInt,
  EnvironmentManager,
  HookContext,
  type HookedSupervisor,
  HookManager,
  MetricsServerManager,
  redisWhenReady,
  type SupervisedWorker,
  WorkerManager,
} from '../../../src/supervisor.js'
import { ask } from '../../helpers/processes/http.js'
import { test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'

const said: string[] = []
const logger = {
  info: (text: string) => void said.push(text),
  warn: (text: string) => void said.push(text),
  error: (text: string) => void said.push(text),
}

describe('HookManager.safeExecute', () => {
  test('returns whether a hook succeeded, and never throws', async () => {
    const hooks = new HookManager(logger, 100)
    const heard: unknown[] = []
    expect(await hooks.safeExecute((a: number, b: string) => heard.push(a, b), 1, 'two')).toBe(true)
    expect(heard).toEqual([1, 'two'])
    expect(await hooks.safeExecute(async () => {})).toBe(true)
    function explodes(): never {
      throw new Error('boom')
    }
    expect(await hooks.safeExecute(explodes)).toBe(false)
    expect(
      await hooks.safeExecute(async function rejects() {
        throw new Error('later')
      }),
    ).toBe(false)
    expect(
      await hooks.safeExecute(function hangs() {
        return new Promise(() => {})
      }),
    ).toBe(false)
    expect(said).toContain('the hook explodes failed, and the server continues: boom')
    const text = await register.metrics()
    for (const hook of ['explodes', 'rejects', 'hangs']) {
      expect(text).toContain(`promhive_hook_failures_total{hook="${hook}"} 1`)
    }
  })

  test('a value that is not a function fails like a function that throws', async () => {
    expect(await new HookManager(logger).safeExecute(undefined as never)).toBe(false)
  })

  test('a logger that throws is no reason to throw', async () => {
    const broken = {
      ...logger,
      error: () => {
        throw new Error('disk full')
      },
    }
    expect(
      await new HookManager(broken).safeExecute(() => {
        throw new Error('x')
      }),
    ).toBe(false)
  })
})

describe('HookContext', () => {
  test('carries the server, the worker and a logger', () => {
    const server = { metricsUrl: undefined, workers: () => [] }
    const context = new HookContext({ server, logger })
    expect(context.server).toBe(server)
    expect(context.worker).toBeUndefined()
    context.logger.error('a custom hook failed')
    expect(said).toContain('a custom hook failed')
    // As the document makes one: without.
    expect(typeof new HookContext({ server }).logger.error).toBe('function')
  })
})

describe('EnvironmentManager.updateFromCli', () => {
  test("sets gunicorn's variables for options of the command line", () => {
    const environment: NodeJS.ProcessEnv = {}
    const manager = new EnvironmentManager(logger)
    expect(manager.updateFromCli({ workers: 1, bind: '', workerClass: 'sync' }, environment)).toEqual([])
    const set = manager.updateFromCli({ workers: 8, bind: '0.0.0.0:9000', workerClass: 'gevent' }, environment)
    expect(set).toEqual(['GUNICORN_WORKERS', 'GUNICORN_BIND', 'GUNICORN_WORKER_CLASS'])
    const [GUNICORN_WORKERS, GUNICORN_BIND, GUNICORN_WORKER_CLASS] = ['8', '0.0.0.0:9000', 'gevent']
    expect(environment).toEqual({ GUNICORN_WORKERS, GUNICORN_BIND, GUNICORN_WORKER_CLASS })
    // An option that is removed again returns the variable to its usual value.
    manager.updateFromCli({ workers: 1, bind: '', workerClass: 'sync' }, environment)
    expect(environment).toEqual({ GUNICORN_WORKERS: '1', GUNICORN_BIND, GUNICORN_WORKER_CLASS: 'sync' })
  })
})

describe('MetricsServerManager', () => {
  test('opens the port that the environment names, with the default registry, and closes it', async () => {
    new Counter({ name: 'managed_total', help: 'Managed.' }).inc(3)
    const manager = new MetricsServerManager(logger)
    const setup = manager.setupServer({ PROMETHEUS_METRICS_PORT: '0', PROMETHEUS_BIND_ADDRESS: '127.0.0.1' })!
    expect(setup).toMatchObject({ port: 0, host: '127.0.0.1', path: '/metrics' })
    expect(await manager.startServer(setup, setup.registry)).toBe(true)
    const url = manager.url!
    expect((await ask(url)).body).toContain('managed_total 3\n')
    expect(await manager.startServer(setup, setup.registry)).toBe(true)
    expect(manager.url).toBe(url)
    await manager.stopServer()
    await manager.stopServer()
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('a port that replaces the one of the environment keeps its address and path', async () => {
    const environment = {
      PROMHIVE_METRICS_PORT: '0',
      PROMETHEUS_BIND_ADDRESS: '127.0.0.2',
      PROMHIVE_METRICS_PATH: '/m',
    }
    const manager = new MetricsServerManager(logger)
    const { port, registry } = manager.setupServer(environment)!
    expect(await manager.startServer(port, registry)).toBe(true)
    expect(manager.url).toMatch(/^http:\/\/127\.0\.0\.2:\d+\/m$/)
    await manager.stopServer()
    // Without a registry it shows the default one.
    expect(await manager.startServer({ port: 0 })).toBe(true)
    expect((await ask(manager.url!)).body).toContain('managed_total 3\n')
    await manager.stopServer()
  })

  test('gives up on a port in use, and on a value that is not a port, without throwing', async () => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
    })
    const manager = new MetricsServerManager(logger, 5)
    expect(await manager.startServer({ port, host: '127.0.0.1', portAttempts: 3 }, register)).toBe(false)
    expect(said.join('\n')).toContain('is taken, after 3 tries')
    expect(manager.setupServer({ PROMETHEUS_METRICS_PORT: '99999' })).toBeUndefined()
    expect(said.join('\n')).toContain('PROMETHEUS_METRICS_PORT must be a whole number from 0 to 65535')
    await new Promise((resolve) => taken.close(resolve))
  })
})

describe('WorkerManager', () => {
  test('has a worker finish, and ends one that does not', async () => {
    const manager = new WorkerManager(logger)
    const polite = fakeWorker()
    expect(manager.updateMetrics(polite.worker)).toBe(true)
    setTimeout(polite.end, 20)
    expect(await manager.shutdownWorker(polite.worker, 5000)).toBe(true)
    expect(polite.calls).toEqual(['refresh', 'retire'])
    const stubborn = fakeWorker({ endsBy: 'SIGKILL' })
    expect(await manager.shutdownWorker(stubborn.worker, 20)).toBe(false)
    expect(stubborn.calls).toEqual(['retire', 'SIGKILL'])
  })

  test('ends a worker of plain node:cluster too, and refuses a value that is not a worker', async ({ stage }) => {
    const app = await SupervisedApplication.launch(stage, { primary: 'ends-its-worker.mjs' })
    expect(await app.ended).toBe(0)
    expect(app.output).toContain('answered while leaving: slow')
    expect(app.output).toContain('told TERM')
    expect(app.output).toContain('ended by itself: true, and again: true')
    const manager = new WorkerManager(logger)
    await expect(manager.shutdownWorker({} as never)).rejects.toThrow('a worker of a supervisor or of node:cluster')
    expect(manager.updateMetrics(undefined as never)).toBe(false)
  })
})

describe("the default hooks of gunicorn's exporter", () => {
  test('do what the supervisor would, by their own names', async () => {
    const calls: string[] = []
    const server: HookedSupervisor = {
      metricsUrl: undefined,
      workers: () => [],
      settings: new Configuration({ code: { workers: 3 } }).settings,
      prepareMetrics: () => void calls.push('metrics'),
      openMetricsPort: async () => calls.push('open') > 0,
      closeMetricsPort: async () => void calls.push('close'),
      startForwarding: async () => calls.push('forward') > 0,
    }
    const { worker, calls: workerCalls } = fakeWorker()
    defaultOnStarting(server)
    await defaultWhenReady(server)
    await redisWhenReady(server)
    defaultPostFork(server, worker)
    defaultWorkerInt(worker)
    await defaultOnExit(server)
    expect(calls).toEqual(['metrics', 'open', 'open', 'forward', 'close'])
    expect(workerCalls).toEqual(['refresh'])
    expect(process.env.GUNICORN_WORKERS).toBe('3')
    delete process.env.GUNICORN_WORKERS
  })
})

function fakeWorker({ endsBy }: { endsBy?: string } = {}) {
  const calls: string[] = []
  let end!: () => void
  const exited = new Promise<{ code: null; signal: null }>((resolve) => {
    end = () => resolve({ code: null, signal: null })
  })
  const worker: SupervisedWorker = {
    id: 1,
    pid: 1,
    startedAt: 0,
    uptime: 1,
    exited,
    state: () => 'running',
    refresh: () => void calls.push('refresh'),
    retire: () => void calls.push('retire'),
    signal: (signal) => {
      calls.push(signal)
      if (signal === endsBy) end()
    },
  }
  return { worker, calls, end }
}
