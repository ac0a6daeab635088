import { expect } from 'vitest'
import * as supervisor from '../../../src/supervisor.js'
import { DocumentationPage } from '../../helpers/documentation-page.js'
import { describeComparison, heldBy } from '../../helpers/documented/comparison.js'
import { promhive } from '../../helpers/processes/command.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { SupervisedApplication } from '../../helpers/processes/supervised.js'

const page = new DocumentationPage('docs/coming-from-gunicorn-prometheus-exporter.md')
const managers = 'test/supervisor/gunicorn/managers.test.ts'
const watching = 'test/supervisor/watching.test.ts'

/** The settings that a command line and an environment lead to. */
async function settings(
  stage: Stage,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Record<string, { value: unknown }>> {
  const { output, errors } = await promhive(
    stage,
    ['config', 'explain', '--json', '--compat', 'gunicorn', ...args],
    env,
  )
  expect(errors).toBe('')
  return JSON.parse(output)
}

/** A variable sets a setting; without it, the setting has the default of the page. */
function variable(name: string, value: string, setting: string) {
  return async (stage: Stage): Promise<void> => {
    const [, fallback] = new RegExp(`^\\| \`${name}\` \\| \`?(.+?)\`? \\|$`, 'm').exec(page.text)!
    expect(String((await settings(stage, []))[setting]?.value)).toBe(fallback)
    expect(String((await settings(stage, [], { [name]: value }))[setting]?.value)).toBe(value)
  }
}

/** The families with labels, as an application under `--compat gunicorn` shows them. */
const families = heldBy('test/docs/coming-from/gunicorn.test.ts', 'the metrics have the names and labels of the page')

describeComparison(page.path, {
  '`worker_class =': async (stage) =>
    expect((await settings(stage, ['--worker-class', 'gthread'])).workerClass?.value).toBe('gthread'),
  '`workers = 2`': async (stage) => expect((await settings(stage, ['--workers', '8'])).workers?.value).toBe(8),
  '`bind = "0.0.0.0:8000"`': async (stage) =>
    expect((await settings(stage, ['--bind', '0.0.0.0:8000'])).bind?.value).toBe('0.0.0.0:8000'),
  '`timeout`, `graceful_timeout`': async (stage) => {
    const args = ['--timeout', '5', '--graceful-timeout', '6', '--max-requests', '7', '--max-requests-jitter', '8']
    expect(await settings(stage, args)).toMatchObject({
      timeout: { value: 5 },
      gracefulTimeout: { value: 6 },
      maxRequests: { value: 7 },
      maxRequestsJitter: { value: 8 },
    })
  },
  '`on_starting = …`': heldBy('test/docs/examples.test.ts', 'app.mjs with hooks.mjs runs under gunicorn’s names'),
  'a YAML configuration': heldBy('test/helpers/documented/settings.ts', "start: 'exporter:', reader: 'promhive'"),
  '`PROMETHEUS_MULTIPROC_DIR`': variable('PROMETHEUS_MULTIPROC_DIR', '/tmp/shop', 'dir'),
  '`PROMETHEUS_METRICS_PORT`': variable('PROMETHEUS_METRICS_PORT', '9999', 'port'),
  '`PROMETHEUS_BIND_ADDRESS`': variable('PROMETHEUS_BIND_ADDRESS', '127.0.0.1', 'host'),
  '`GUNICORN_WORKERS`': variable('GUNICORN_WORKERS', '3', 'workers'),
  '`REDIS_ENABLED`': async (stage) => {
    const found = async (env: Record<string, string>) => {
      const all = await settings(stage, [], env)
      const names = ['redisEnabled', 'redisHost', 'redisPort', 'redisDb', 'redisForwardInterval']
      return names.map((name) => all[name]?.value)
    }
    expect(await found({})).toEqual([false, 'localhost', 6379, 0, 30])
    const env = { REDIS_ENABLED: 'true', REDIS_HOST: 'r', REDIS_PORT: '1', REDIS_DB: '2', REDIS_FORWARD_INTERVAL: '3' }
    expect(await found(env)).toEqual([true, 'r', 1, 2, 3])
  },
  '`default_on_starting`': () => {
    const { defaultOnStarting, defaultWhenReady, defaultWorkerInt, defaultOnExit, defaultPostFork } = supervisor
    const hooks = [defaultOnStarting, defaultWhenReady, defaultWorkerInt, defaultOnExit, defaultPostFork]
    expect(hooks.map((hook) => typeof hook)).toEqual(hooks.map(() => 'function'))
  },
  '`redis_when_ready`': heldBy(
    'test/supervisor/gunicorn/default-hooks.test.ts',
    'open the metrics port, forward, and continue when Redis does not',
  ),
  '`HookContext(server=server': heldBy(managers, 'carries the server, the worker and a logger'),
  '`HookManager().safe_execute(function, context)`': async () => {
    const context = new supervisor.HookContext({ server: {} as never })
    expect(await new supervisor.HookManager().safeExecute((given: unknown) => given, context)).toBe(true)
    const throws = () => {
      throw new Error('boom')
    }
    expect(await new supervisor.HookManager({ info() {}, warn() {}, error() {} }).safeExecute(throws)).toBe(false)
  },
  '`EnvironmentManager(logger)': heldBy(managers, 'EnvironmentManager.updateFromCli'),
  '`MetricsServerManager(logger)`': heldBy(
    managers,
    'opens the port that the environment names, with the default registry, and closes it',
  ),
  '`WorkerManager(logger)`': heldBy(managers, 'has a worker finish, and ends one that does not'),
  '`ProcessManager(logger)': heldBy(
    'test/supervisor/supervise.test.ts',
    'ProcessManager ends its own descendants only',
  ),
  '`PrometheusMixin`': heldBy(watching, 'failed requests and errors are counted by their type'),
  '`_generic_handle_request': heldBy('test/docs/examples.test.ts', 'job_errors_total{error_type="TypeError"}\': 1'),
  '`gunicorn_worker_requests_total`': families,
  '`gunicorn_worker_request_duration_seconds': families,
  '`gunicorn_worker_memory_bytes': families,
  '`gunicorn_worker_state`': families,
  '`gunicorn_worker_failed_requests_total': families,
  '`gunicorn_worker_error_handling_total': families,
  '`gunicorn_master_worker_restarts_total': families,
  '`gunicorn_master_signals_total': families,
  '`worker_id`': heldBy(
    watching,
    'the number of series is the same after 50 recycled workers, and every request is counted',
  ),
  '`endpoint`': heldBy(watching, 'no word of a request gets into the labels of those that failed'),
  'signals and restarts': families,
  'a worker that ends': heldBy(
    'test/supervisor/run.test.ts',
    'a worker that is killed is followed by another, which counts on',
  ),
  'scraping while workers are blocked': heldBy(watching, 'a scrape answers while every worker is blocked'),
  'the multiprocess directory': heldBy(
    'test/limitations/requirements.test.ts',
    'wiping the directory: the next run begins at zero and shows nothing of the last',
  ),
  Redis: heldBy(
    'test/supervisor/gunicorn/default-hooks.test.ts',
    'open the metrics port, forward, and continue when Redis does not',
  ),
  '`worker_int`': heldBy('test/supervisor/run.test.ts', 'a worker that is asked to end is replaced first'),
  '`pre_request`, `post_request`': heldBy('test/supervisor/hooks.test.ts', 'what would never be called is refused'),
})

/** The labels that the page names for a metric. */
function documentedMetrics(): [string, string[]][] {
  const [, table] = /^\| metric \| with `--compat gunicorn` \|\n.*\n((?:\|.*\n)+)/m.exec(page.text)!
  return table!
    .trimEnd()
    .split('\n')
    .flatMap((row) => {
      const [names, promhives] = row.split(' | ')
      const labels = /^`\{(.*?)\}`/.exec(promhives!)?.[1]?.split(', ') ?? []
      return [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, labels.toSorted()] as [string, string[]])
    })
}

test('the metrics have the names and labels of the page', async ({ stage }) => {
  const args = ['--workers', '1', '--compat', 'gunicorn', '--dir', stage.directory(), '--host', '127.0.0.1']
  const app = await SupervisedApplication.start(stage, { args: [...args, '--metric-prefix', 'gunicorn_'] })
  await app.ask('/fail')
  app.signal('SIGHUP')
  const scrape = await app.shows(
    (seen) =>
      seen.total('gunicorn_worker_error_handling_total') === 1 && seen.total('gunicorn_master_signals_total') === 1,
  )
  const labelsOf = (name: string): string[] => {
    const sample = [...scrape.samples.keys()].find((each) => new RegExp(`^${name}(?:_count)?(?:\\{|$)`).test(each))
    expect(sample, name).toBeDefined()
    return [...sample!.matchAll(/(\w+)="/g)].map(([, label]) => label!).toSorted()
  }
  const documented = documentedMetrics()
  expect(documented).toHaveLength(10)
  expect(documented.map(([name]) => [name, labelsOf(name)])).toEqual(documented)
  expect(labelsOf('gunicorn_master_worker_restart_total')).toEqual(['reason'])
})
