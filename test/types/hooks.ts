// A hook gets the facts of its event, and gunicorn's hooks have gunicorn's arguments.
import cluster from 'node:cluster'
import {
  defaultOnExit,
  defaultOnStarting,
  defaultPostFork,
  defaultWhenReady,
  defaultWorkerInt,
  HookContext,
  type Hooks,
  observe,
  supervise,
} from 'promhive/supervisor'

export const hooks: Hooks = {
  starting: ({ server, logger }) => logger.info(`${server.settings.workers} workers`),
  workerReady: async ({ worker }) => console.log(worker.id, worker.pid, worker.state()),
  workerExited: ({ worker, exit, logger }) => logger.error(`${worker.id} ${exit.reason} ${exit.signal ?? exit.code}`),
  workersChanged: ({ change }) => console.log(change.to - change.from),
  ready: ({ server }) => server.reload(),
  // @ts-expect-error a hook of all has no worker
  stopped: ({ worker }) => console.log(worker.id),
}

export const gunicorn: Hooks = {
  onStarting: defaultOnStarting,
  when_ready: defaultWhenReady,
  workerInt: defaultWorkerInt,
  post_fork: defaultPostFork,
  on_exit: defaultOnExit,
  preFork: (server, worker) => console.log(server.metricsUrl, worker),
  childExit: (server, worker) => console.log(server.size, worker.id),
  nworkers_changed: (_, to, from) => console.log(to - from),
}

// @ts-expect-error there is no such hook
export const misspelt: Hooks = { workerReaddy: () => {} }

const supervisor = await supervise({ hooks: { ...hooks, on_reload: (server) => console.log(server.workers().length) } })
await observe({ hooks: { workerExited: () => cluster.fork(), ready: ({ server }) => server.stop() } })
new HookContext({ server: supervisor }).logger.warn('without a logger of its own')
