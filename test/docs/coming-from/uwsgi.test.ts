import { expect } from 'vitest'
import { explain, Histogram, Registry } from '../../../src/index.js'
import { describeComparison, heldBy } from '../../helpers/documented/comparison.js'
import { promhive } from '../../helpers/processes/command.js'

const runs = 'test/supervisor/run.test.ts'
const watching = 'test/supervisor/watching.test.ts'

describeComparison('docs/coming-from-uwsgi-flask.md', {
  '1. `env': async (stage) => {
    const directoryOf = async (args: readonly string[], env: Record<string, string>): Promise<unknown> => {
      const { output } = await promhive(stage, ['config', 'explain', '--json', ...args], env)
      return JSON.parse(output).dir.value
    }
    expect(await directoryOf([], { prometheus_multiproc_dir: '/dev/shm/pandora' })).toBe('/dev/shm/pandora')
    expect(await directoryOf(['--dir', '/dev/shm/pandora'], {})).toBe('/dev/shm/pandora')
  },
  '2. `exec-asap`': heldBy(
    'test/processes/wipe.test.ts',
    'is that of its unprivileged processes, and the next run begins at 0',
  ),
  '3. The application sets up': heldBy(
    'test/docs/examples.test.ts',
    'app.mjs has request_count and request_latency_seconds',
  ),
  '4. `lazy-apps`': heldBy(runs, 'serves an ESM application with several processes'),
  '5. nginx passes': heldBy('test/helpers/documented/settings.ts', "start: 'server {', reader: 'nginx'"),
  '6. `uwsgi_exporter`': heldBy('test/uwsgi/uwsgi.test.ts', 'is shown in the families of uwsgi_exporter'),
  'a label for the worker': heldBy(
    'test/processes/per-worker.test.ts',
    'show each worker by its seat, in any process, through a kill and a takeover',
  ),
  'a target for each worker, on a range': heldBy(
    'test/docs/worker-targets.test.ts',
    'four targets, whose sum is the number of requests',
  ),
  'a target for each worker, on a free port': heldBy(
    'test/docs/etcd.test.ts',
    'shows commands and a program that work',
  ),
  'series for each worker': async () => {
    const registry = new Registry()
    new Histogram({ name: 'x_seconds', help: 'X.', registers: [registry] }).observe(1)
    const { merged, perTarget } = await explain(registry, { workers: 8 })
    expect([merged.text.series, perTarget.text.series]).toEqual([14, 112])
  },
  'pushing to statsd': heldBy(
    'test/export/statsd/statsd.test.ts',
    'receives the numbers of the workers of a supervisor, which the environment configures',
  ),
  '`request_count`, `request_latency_seconds`': heldBy('test/instrument/http/server.test.ts', '499'),
  '`endpoint`': heldBy('test/instrument/http/server.test.ts', '_unmatched'),
  'process metrics': heldBy('test/docs/default-metrics.test.ts', 'has every family that a process shows'),
  'a reload': heldBy(
    'test/supervisor/prometheus.test.ts',
    'sees every request once, and no reset, through a reload, a kill and more workers',
  ),
  'a blocked worker': heldBy(
    watching,
    'a scrape answers while every worker is blocked; then they are reported and replaced',
  ),
  '`reload-on-rss`, `max-requests`': heldBy(watching, 'a worker above its memory is replaced, and no request is lost'),
})
