import { existsSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { readStatistics } from '../../src/export/statistics/statistics-reader.js'
import { statisticsAddress } from '../../src/model/statistics-address.js'
import type { SupervisorStatistics } from '../../src/supervisor/statistics.js'
import { promhive } from '../helpers/processes/command.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { canChangeUser, directoryOf, runAs, stranger } from '../helpers/processes/users.js'

const timeout = 120_000

function statisticsOf(address: string): Promise<SupervisorStatistics> {
  return readStatistics(statisticsAddress(address)!, 60_000) as Promise<SupervisorStatistics>
}

describe.runIf(process.platform === 'linux')('the statistics of promhive run', () => {
  test.runIf(canChangeUser)('leave the socket of another user alone', { timeout }, async ({ stage }) => {
    const path = join(directoryOf(stage, stranger, 0o777), 'stats')
    const dead = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    runAs(stranger, process.execPath, '-e', dead)
    expect(statSync(path).uid).toBe(stranger)
    const app = await SupervisedApplication.launch(stage, { args: ['--stats', `unix:${path}`] })
    await app.says(new RegExp(`${path} is a socket of user ${stranger}; remove it, or name another path`))
    expect(statSync(path).uid).toBe(stranger)
  })

  test('show the answers of each worker, exactly, and their results', { timeout }, async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '2', '--stats', `unix:${path}`] })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    for (let i = 0; i < 20; i++) await app.ask('/work')
    for (let i = 0; i < 3; i++) await app.ask('/fail')
    // An answer arrives before it is counted, and before the supervisor has released its connection.
    const seen = await until(
      () => statisticsOf(path),
      ({ workers, listen_queue }) =>
        ['requests', 'delta_requests'].every((word) => sum(workers, word as 'requests') === 23) &&
        workers.every(({ status, state }) => status === 'idle' && state === 'running') &&
        sum(workers, 'exceptions') === 3 &&
        listen_queue === 0,
    )
    expect(seen).toMatchObject({ pid: app.pid, listen_queue: 0, load: 0, uid: process.getuid?.(), exits: {} })
    expect(seen.sockets).toEqual([{ name: `127.0.0.1:${app.port}`, proto: 'tcp', queue: 0 }])
    expect(seen.workers.map(({ id }) => id)).toEqual([1, 2])
    expect(seen.workers.map(({ pid }) => pid).sort()).toEqual(app.workerPids().sort())
    expect(sum(seen.workers, 'exceptions')).toBe(3)
    for (const worker of seen.workers) {
      expect(worker).toMatchObject({ accepting: 1, status: 'idle', state: 'running', respawn_count: 1 })
      expect(worker).toMatchObject({ harakiri_count: 0, requests_in_flight: 0 })
      expect(worker.rss).toBeGreaterThan(10_000_000)
      expect(worker.vsz).toBeGreaterThan(worker.rss)
      expect(worker.last_spawn * 1000).toBeGreaterThan(Date.now() - timeout)
    }
    // Twenty answers took three milliseconds each, at least.
    expect(sum(seen.workers, 'running_time')).toBeGreaterThanOrEqual(60_000)
    expect(Math.max(...seen.workers.map(({ avg_rt = 0 }) => avg_rt))).toBeGreaterThan(1000)

    process.kill(seen.workers[0]!.pid, 'SIGKILL')
    const later = await until(
      () => statisticsOf(path),
      ({ workers }) => workers[0]!.respawn_count === 2 && workers[0]!.state === 'running',
    )
    expect(later.exits).toEqual({ signal: 1 })
    expect(later.workers[0]).toMatchObject({ requests: seen.workers[0]!.requests, delta_requests: 0 })
    expect(sum(later.workers, 'requests')).toBe(23)

    // A worker without a sign of life for two seconds is busy, which happens on a busy machine.
    const shown = await until(
      () => promhive(stage, ['stats', path]),
      ({ output }) => / 0 busy\n.* 0 waiting\n/.test(output),
    )
    expect(shown.errors).toBe('')
    expect(shown.output).toContain(`pid ${app.pid}: 2 workers, 0 busy\n127.0.0.1:${app.port}: 0 waiting\n`)
    expect(shown.output).toMatch(/^ {5}1 +\d+ +idle +running +\d+ +\d+ +\d+\.\d ms +\d+ MiB +20\S+ +2 +0$/m)
    const json = await promhive(stage, ['stats', '--json'], { PROMHIVE_STATS: path })
    expect(JSON.parse(json.output).pid).toBe(app.pid)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(existsSync(path)).toBe(false)
    expect((await promhive(stage, ['stats', path])).code).toBe(1)
  })

  test('are served while every worker is blocked, with the requests that wait', { timeout }, async ({ stage }) => {
    const args = ['--workers', '2', '--timeout', '0', '--stats', 'http://127.0.0.1:0']
    const release = join(stage.folder(), 'release')
    const app = await SupervisedApplication.start(stage, { args, env: { RELEASE: release } })
    const [, address] = /statistics at (http\S+)\n/.exec(app.output)!
    const slow = get(`http://127.0.0.1:${app.port}/slow`).on('error', () => {})
    const busy = await until(
      () => statisticsOf(address!),
      ({ workers }) =>
        workers
          .map(({ status }) => status)
          .sort()
          .join() === 'busy,idle',
    )
    expect(sum(busy.workers, 'requests_in_flight')).toBe(1)
    writeFileSync(release, '')
    await new Promise((resolve) => slow.once('close', resolve))
    const blocked = new Set<string>()
    while (blocked.size < 2) blocked.add(await app.ask('/block'))
    await until(
      () => statisticsOf(address!),
      ({ workers }) => workers.every(({ status }) => status === 'busy'),
    )
    const waiting = Array.from({ length: 7 }, () => createConnection(app.port, '127.0.0.1').on('error', () => {}))
    stage.after(() => {
      for (const socket of waiting) socket.destroy()
    })
    const seen = await until(
      () => statisticsOf(address!),
      ({ workers, listen_queue = 0 }) => workers.every(({ state }) => state === 'blocked') && listen_queue >= 7,
    )
    expect(seen.sockets[0]!.queue).toBe(seen.listen_queue)
    expect(seen.workers.map(({ accepting }) => accepting)).toEqual([0, 0])
  })

  test('do not affect the application if they cannot be served', { timeout }, async ({ stage }) => {
    const path = join(stage.folder(), 'stats')
    writeFileSync(path, 'mine')
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--stats', path] })
    expect(app.output).toMatch(/no statistics, and the application continues: .*no socket/)
    expect(Number(await app.ask())).toBeGreaterThan(0)
    expect(await app.scrapeText()).toContain('promhive_errors_total{code="SERVER_FAILED"} 1')
    const refused = await SupervisedApplication.launch(stage, { args: ['--stats', 'ftp://here'] })
    expect(await refused.ended).toBe(1)
    expect(refused.output).toContain('--stats must be unix:/path, 127.0.0.1:9191, http://127.0.0.1:9191 or off')
  })

  test('of the primary of an application: the values of the kernel', { timeout }, async ({ stage }) => {
    const port = await freePort()
    const env = { PROMHIVE_STATS: `127.0.0.1:${port}` }
    const app = await SupervisedApplication.start(stage, { primary: 'forks-itself.mjs', env })
    const seen = await until(
      () => statisticsOf(`127.0.0.1:${port}`),
      ({ workers }) => workers.length === 2 && workers.every(({ state }) => state === 'running'),
    )
    expect(seen.workers.map(({ pid }) => pid).sort()).toEqual(app.workerPids().sort())
    // Their requests are not counted, and no value is invented.
    for (const worker of seen.workers) expect(worker).not.toHaveProperty('requests')
    process.kill(seen.workers[0]!.pid, 'SIGKILL')
    await until(
      () => statisticsOf(`127.0.0.1:${port}`),
      ({ workers }) => workers.some(({ respawn_count }) => respawn_count === 2),
    )
  })
})

function sum(
  workers: SupervisorStatistics['workers'],
  word: 'requests' | 'delta_requests' | 'exceptions' | 'running_time' | 'requests_in_flight',
): number {
  return workers.reduce((total, worker) => total + (worker[word] ?? 0), 0)
}
