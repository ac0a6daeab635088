import { describe, expect } from 'vitest'
import { Actor } from '../helpers/processes/actor.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

type Line = Readonly<Record<string, unknown>>

const objects = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe.runIf(process.platform === 'linux')('the log of promhive run', () => {
  test('has configuration, start and stop, the life of workers, and errors with recovery', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.launch(stage, {
      args: ['--workers', '2', '--log-level', 'debug', '--log-format', 'json', '--stats', '127.0.0.1:0'],
      env: { REDIS_PASSWORD: 'never-in-a-log', GUNICORN_TIMEOUT: '25' },
    })
    const lines = (event: string): Line[] => objects(app.output).filter((line) => line.event === event)
    const comes = (event: string, count = 1): Promise<Line[]> =>
      until(
        () => lines(event),
        (found) => found.length >= count,
      )
    const [serving] = await comes('serving')
    expect(serving).toMatchObject({ level: 'info', name: 'promhive', pid: app.pid, workers: 2 })
    expect(await app.ask()).toMatch(/^\d+$/)

    // Configuration: the settings, and their sources.
    expect(lines('setting')).toContainEqual(
      expect.objectContaining({ setting: 'timeout', value: 25, from: 'environment GUNICORN_TIMEOUT' }),
    )
    expect(lines('setting')).toContainEqual(expect.objectContaining({ setting: 'redisPassword', value: '***' }))
    app.signal('SIGTTIN')
    expect((await comes('workersChanged'))[0]).toMatchObject({ level: 'info', from: 2, to: 3 })

    // The life of workers, successors included.
    const ready = await comes('workerReady', 3)
    expect(new Set(ready.map(({ worker }) => worker))).toEqual(new Set([1, 2, 3]))
    app.signal('SIGHUP')
    expect((await comes('reloaded'))[0]).toMatchObject({ workers: 3, seconds: expect.any(Number) })
    expect(lines('reload')).toHaveLength(1)
    expect(lines('replacing')).toHaveLength(3)
    const replaced = lines('workerReplaced')
    expect(replaced).toHaveLength(3)
    for (const { workerPid } of replaced) {
      for (const event of ['workerStarted', 'workerReady']) {
        expect(lines(event)).toContainEqual(expect.objectContaining({ workerPid }))
      }
    }
    const ended = await comes('workerExited', 3)
    for (const line of ended) {
      expect(line).toMatchObject({ level: 'debug', reason: 'reload', seconds: expect.any(Number) })
    }

    // Errors and recovery.
    const [victim] = app.workerPids()
    process.kill(victim!, 'SIGKILL')
    const killed = await until(
      () => lines('workerExited').find(({ workerPid }) => workerPid === victim),
      (line) => line !== undefined,
    )
    expect(killed).toMatchObject({ level: 'warn', signal: 'SIGKILL' })
    const again = await comes('workerReady', 7)
    expect(again.at(-1)).toMatchObject({ worker: killed!.worker })
    await comes('workerRecovered')

    // Start and stop of servers.
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    for (const event of [
      'starting',
      'metricsPort',
      'metricsPortClosed',
      'statistics',
      'statisticsClosed',
      'stopping',
    ]) {
      expect(lines(event), event).toHaveLength(1)
    }
    expect(lines('stopping')[0]).toMatchObject({ level: 'info', reason: 'TERM', workers: 3 })
    expect(lines('stopped')[0]).toMatchObject({ workers: 3, killed: 0, requests: 1, code: 0 })
    // Workers log in the same form.
    expect(lines('seat').map(({ pid }) => pid)).toContain(victim)
    expect(app.output).not.toContain('never-in-a-log')
    const own = app.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect(own).toEqual([])
  })

  test('is plain at info: stopping and stopped, with counts and durations', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '2'] })
    expect(app.output).toContain(`supervisor ${app.pid}: 2 workers serve`)
    for (let i = 0; i < 3; i++) await app.ask()
    app.signal('SIGINT')
    expect(await app.ended).toBe(0)
    expect(app.output).toMatch(
      /promhive: stopping \(INT\): 2 workers\n(?:.*\n)*promhive: stopped after \d+(\.\d)? s: 2 workers, 3 requests answered\n$/,
    )
    expect(app.output).not.toContain('debug')
  })

  test('logs the effect of a second signal', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { app: 'holds-connections.mjs', args: ['--workers', '1'] })
    app.signal('SIGSTOP')
    const [worker] = app.workerPids()
    process.kill(worker!, 'SIGSTOP')
    app.signal('SIGCONT')
    app.signal('SIGTERM')
    await app.says(/stopping \(TERM\): 1 worker\n/)
    app.signal('SIGTERM')
    expect(await app.ended).not.toBeNull()
    expect(app.output).toContain('killing every worker (TERM again)')
    expect(app.output).toMatch(/stopped after \S+ s: 1 worker, 1 of them killed\n/)
  })

  test('is as short as it was asked to be', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.launch(stage, { args: ['--workers', '1'], env: { PROMHIVE_LOG: 'warn' } })
    await until(
      () => app.ask().catch(() => ''),
      (answer) => /^\d+$/.test(answer),
    )
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(app.output).toBe('')
  })
})

describe.runIf(process.platform === 'linux')("a logger of the application's", () => {
  test.for(['pino', 'winston', 'console', 'broken'])('%s', { timeout }, async (name, { stage }) => {
    const program = '../../supervisor/programs/logs-to.mjs'
    const primary = Actor.launch(program, { args: [name], env: { PORT: String(await freePort()) } })
    stage.after(() => void primary.kill())
    const { code } = await primary.ended
    const text = primary.output + primary.errors
    expect([code, text]).toEqual([0, expect.stringContaining('over\n')])
    expect(text).not.toContain('never-in-a-log')
    expect(text).not.toContain('is broken')
    const lines = objects(text)
    if (name === 'pino') {
      expect(lines).toContainEqual(expect.objectContaining({ level: 20, event: 'workerReady', worker: 1 }))
      expect(lines).toContainEqual(expect.objectContaining({ level: 30, msg: 'from a hook', event: 'own' }))
      expect(lines).toContainEqual(expect.objectContaining({ msg: expect.stringMatching(/^reloaded 1 worker$/) }))
    } else if (name === 'winston') {
      expect(lines).toContainEqual(expect.objectContaining({ level: 'debug', event: 'workerReady', worker: 1 }))
      expect(lines).toContainEqual(expect.objectContaining({ message: 'from a hook', event: 'own' }))
    } else if (name === 'console') {
      expect(text).toMatch(/^promhive: worker 1 \(\d+\) is ready after \d/m)
      expect(text).toMatch(/^promhive: from a hook$/m)
    }
  })
})
