import { describe, expect } from 'vitest'
import { Actor } from '../helpers/processes/actor.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

describe.runIf(process.platform === 'linux')('a cluster primary of an application', () => {
  test('calls its hooks in order, in both namings, and continues when one throws', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { primary: 'own-primary.mjs' })
    for (let i = 0; i < 5; i++) await app.ask()
    await app.shows((seen) => seen.value('jobs_total') === 5)
    // Its workers count their requests as those of `promhive run` do, idle ones included.
    const counted = await app.shows((seen) => seen.total('app_worker_requests_total') === 5)
    for (const name of [
      'requests_total',
      'request_duration_seconds_count',
      'requests_in_flight',
      'cpu_seconds_total',
    ]) {
      expect(Object.keys(counted.labelled(`app_worker_${name}`)), name).toEqual(['worker_id="1"', 'worker_id="2"'])
    }
    expect(await app.scrapeText()).toContain('promhive_hook_failures_total{hook="ready"} 1')

    app.signal('SIGHUP')
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="reload"}') === 2)
    app.signal('SIGTTIN')
    await app.says(/hook workersChanged 2 3/)
    await app.shows((seen) => seen.value('app_worker_state{worker_id="3",app_worker_state="running"}') === 1)
    // Those that were replaced leave without haste.
    const [first] = await until(
      () => app.workerPids(),
      (pids) => pids.length === 3,
    )
    process.kill(first!, 'SIGINT')
    await app.says(/hook workerInt \d/)
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)

    expect(app.output).toContain('refused: scale: a whole number of workers, got 2.5')
    const hooks = app.output.split('\n').flatMap((line) => (line.startsWith('hook ') ? [line.slice(5)] : []))
    expect(hooks.slice(0, 3)).toEqual(['starting -', 'workerStarted 1', 'workerStarted 2'])
    expect(hooks.slice(3, 5).sort()).toEqual(['workerReady 1', 'workerReady 2'])
    expect(hooks[5]).toBe('when_ready 2')
    expect(hooks).toContain('reload -')
    expect(hooks.filter((hook) => /^workerExited \d reload$/.test(hook))).toHaveLength(2)
    expect(hooks.filter((hook) => /^workerExited \d signal$/.test(hook))).toHaveLength(1)
    expect(hooks.filter((hook) => /^workerExited \d stop$/.test(hook))).toHaveLength(3)
    expect(hooks.indexOf('stopping -')).toBeLessThan(hooks.findIndex((hook) => hook.endsWith(' stop')))
    expect(hooks.at(-1)).toBe('stopped -')
  })

  test('whose workers cannot be started ends with an error, and not with code 0', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.launch(stage, { primary: 'starts-nothing.mjs' })
    expect(await app.ended).toBe(1)
    expect(app.output).toMatch(/no worker of \S*breaks\.mjs has ever served; its own errors are above/)
    expect(app.output).toContain("code: 'START_FAILED'")
    expect(app.output).not.toContain('never said')
  })

  test('that continues to start its workers itself is observed', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { primary: 'forks-itself.mjs' })
    const running = (id: number): string => `app_worker_state{worker_id="${id}",app_worker_state="running"}`
    const scrape = await app.shows((seen) => [1, 2].every((id) => seen.value(running(id)) === 1))
    expect(scrape.value('app_worker_memory_bytes{worker_id="2"}')).toBeGreaterThan(10_000_000)
    const [first] = app.workerPids()
    process.kill(first!, 'SIGKILL')
    await app.says(/exited 1 signal/)
    const after = await app.shows((seen) => [1, 2].every((id) => seen.value(running(id)) === 1))
    expect(after.value('app_primary_worker_restarts_total{reason="signal"}')).toBe(1)
    expect(Object.keys(after.labelled('app_worker_memory_bytes'))).toHaveLength(2)
    expect(app.workerPids()).toHaveLength(2)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
  })

  test('ProcessManager ends its own descendants only, those that will not by force', { timeout }, async ({ stage }) => {
    const bystander = await stage.start('actor.mjs')
    const actor = Actor.launch('../../supervisor/programs/leaves-children.mjs')
    stage.after(() => void actor.kill())
    await until(
      () => actor.output,
      (output) => output.includes('after'),
    )
    expect(JSON.parse(/\{.*\}/.exec(actor.output)![0])).toEqual({ before: 4, killed: 1, after: 0 })
    expect(await bystander.ask('facts')).toMatchObject({ pid: bystander.pid })
  })
})
