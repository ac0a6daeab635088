import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { promhive } from '../helpers/processes/command.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { test } from '../helpers/processes/stage.js'
import { loadOn, SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs')
const linux = process.platform === 'linux'

describe.runIf(linux)('promhive run', () => {
  test('serves an ESM application with several processes, and shows idle ones too', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '3'] })
    const { argv, execArgv } = JSON.parse(await app.ask('/facts'))
    expect(argv).toHaveLength(2)
    expect(argv[1]).toMatch(/serves\.mjs$/)
    expect(execArgv).toHaveLength(2)
    const scrape = await app.shows((seen) => {
      const requests = Object.values(seen.labelled('app_worker_requests_total'))
      return requests.length === 3 && seen.total('app_worker_requests_total') === 1
    })
    expect(scrape.total('app_worker_request_duration_seconds_count')).toBe(1)
    for (const id of ['1', '2', '3']) {
      expect(scrape.value(`app_worker_memory_bytes{worker_id="${id}"}`)).toBeGreaterThan(10_000_000)
      expect(scrape.value(`app_worker_cpu_seconds_total{worker_id="${id}"}`)).toBeGreaterThan(0)
    }
    await app.shows((seen) => [1, 2, 3].every((id) => seen.value(state(id, 'running')) === 1))
  })

  test('takes an application as Node does, without its extension or by its folder', { timeout }, async ({ stage }) => {
    const folder = stage.folder()
    writeFileSync(join(folder, 'shop.js'), `require(${JSON.stringify(join(programs, 'serves.cjs'))})`)
    writeFileSync(join(folder, 'package.json'), '{ "main": "shop.js" }')
    for (const app of [join(folder, 'shop'), folder]) {
      const running = await SupervisedApplication.start(stage, { app: relative(programs, app), args: ['-w', '1'] })
      expect(await running.ask()).toMatch(/^\d+ false$/)
    }
  })

  test('passes arguments after -- to a CommonJS application, which cleans up when it is stopped', {
    timeout,
  }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { app: 'serves.cjs', args: ['-w', '1', '--', '--port', '1'] })
    const [pid, isMain] = (await app.ask()).split(' ')
    expect(isMain).toBe('true')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
    expect(command.slice(-4, -1)).toEqual([expect.stringMatching(/serves\.cjs$/), '--port', '1'])
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(app.output).toContain(`cleaned up ${pid}`)
  })

  test.for([true, false])(
    'a reload under load loses no request and no count (keep-alive: %s)',
    {
      timeout,
    },
    async (keepAlive, { stage }) => {
      const app = await SupervisedApplication.start(stage, { args: ['--workers', '2'] })
      const load = loadOn(app.port, { keepAlive })
      for (let reload = 0; reload <= 2; reload++) {
        if (reload > 0) app.signal('SIGHUP')
        await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="reload"}') === 2 * reload)
        const reached = load.answered() + 200
        await until(
          () => [load.answered(), load.answerers()] as const,
          ([answered, answerers]) => answered >= reached && answerers >= 2 * (reload + 1),
        )
      }
      const { sent, answered, faults, pids } = await load.stop()
      expect(faults).toEqual({})
      expect(answered).toBe(sent)
      expect(pids.size).toBe(6)
      const scrape = await app.shows((seen) => seen.total('app_worker_requests_total') >= sent)
      expect(scrape.total('app_worker_requests_total')).toBe(sent)
      expect(scrape.total('app_worker_request_duration_seconds_count')).toBe(sent)
      expect(scrape.value('app_primary_signals_total{signal="hup"}')).toBe(2)
      expect(Object.keys(scrape.labelled('app_worker_requests_total'))).toHaveLength(2)
      await until(
        () => app.workerPids(),
        (pids) => pids.length === 2,
      )
    },
  )

  test('a broken deploy leaves the old workers in their places; a working one opens all ports before they go', {
    timeout,
  }, async ({ stage }) => {
    const broken = join(stage.folder(), 'broken')
    const second = await freePort()
    const env = { BROKEN: broken, SECOND_PORT: String(second) }
    const app = await SupervisedApplication.start(stage, { app: 'two-ports.mjs', args: ['--workers', '1'], env })
    const answered = async (): Promise<string> => (await ask(`http://127.0.0.1:${second}/`)).body
    const first = await until(
      () => answered().catch(() => ''),
      (pid) => pid !== '',
    )
    writeFileSync(broken, '')
    app.signal('SIGHUP')
    await app.says(/the old one stays/)
    expect(await app.ask()).toBe(first)

    rmSync(broken)
    app.signal('SIGHUP')
    const later = await until(answered, (pid) => pid !== first)
    expect(Number(later)).toBeGreaterThan(0)
    // Both listen for a moment, and either may answer: the old one goes when the new one has all ports open.
    await until(
      () => app.ask(),
      (pid) => pid === later,
    )
  })

  test('TTIN starts a worker more, TTOU ends the last one, and its counts stay', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1'] })
    const running = (count: number) =>
      until(
        () => app.workerPids(),
        (pids) => pids.length === count,
      )
    for (const workers of [2, 3]) {
      app.signal('SIGTTIN')
      await running(workers)
    }
    await app.shows((seen) => seen.value(state(3, 'running')) === 1)
    const load = loadOn(app.port)
    await until(load.answered, (answered) => answered > 100)
    app.signal('SIGTTOU')
    await running(2)
    const { sent, faults } = await load.stop()
    expect(faults).toEqual({})
    // An answer is out a moment before it is counted.
    const scrape = await app.shows(
      (seen) => seen.value(state(3, 'running')) === undefined && seen.total('app_worker_requests_total') >= sent,
    )
    expect(scrape.total('app_worker_requests_total')).toBe(sent)
    expect(scrape.value('app_worker_memory_bytes{worker_id="3"}')).toBeUndefined()
    for (let i = 0; i < 3; i++) app.signal('SIGTTOU')
    await running(1)
    // Signals that come at once are one.
    app.signal('SIGTTOU')
    await app.says(/1 worker is the least/)
    expect(await app.ask()).toMatch(/^\d+$/)
    // gunicorn's signal for a new binary ends no process.
    app.signal('SIGUSR2')
    await app.says(/USR2 starts no new binary/)
    await app.shows((seen) => seen.value('app_primary_signals_total{signal="usr2"}') === 1)
    expect(await app.ask()).toMatch(/^\d+$/)
  })

  test.for(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
    '%s waits for requests that are being answered',
    {
      timeout,
    },
    async (signal, { stage }) => {
      const release = join(stage.folder(), 'release')
      const app = await SupervisedApplication.start(stage, { args: ['--workers', '2'], env: { RELEASE: release } })
      const slow = app.ask('/slow')
      await app.shows((seen) => seen.total('app_worker_requests_in_flight') === 1)
      // As a terminal or systemd does it: to all of them at once.
      for (const pid of app.workerPids()) process.kill(pid, signal)
      app.signal(signal)
      // The idle one ends, the other one does not.
      await until(
        () => app.workerPids(),
        (pids) => pids.length === 1,
      )
      writeFileSync(release, '')
      expect(await slow).toBe('late')
      expect(await app.ended).toBe(0)
      expect(app.output).not.toContain('ended by')
      expect(app.workerPids()).toEqual([])
    },
  )

  test('a worker that is killed is followed by another, which counts on', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '2'] })
    for (let i = 0; i < 20; i++) await app.ask()
    const before = await app.shows((seen) => seen.total('app_worker_requests_total') === 20)
    const [first] = app.workerPids()
    process.kill(first!, 'SIGKILL')
    const after = await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="signal"}') === 1)
    expect(after.labelled('app_worker_requests_total')).toEqual(before.labelled('app_worker_requests_total'))
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 2 && !pids.includes(first!),
    )
    await app.shows((seen) => [1, 2].every((id) => seen.value(state(id, 'running')) === 1))
    for (let i = 0; i < 10; i++) await app.ask()
    await app.shows((seen) => seen.total('app_worker_requests_total') === 30)
  })

  test('a worker that is asked to end is replaced first', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1'] })
    const load = loadOn(app.port)
    await until(load.answered, (answered) => answered > 50)
    const [first] = app.workerPids()
    process.kill(first!, 'SIGTERM')
    await until(
      () => app.workerPids(),
      (pids) => pids.length === 1 && pids[0] !== first,
    )
    const { faults, sent } = await load.stop()
    expect(faults).toEqual({})
    await app.shows((seen) => seen.total('app_worker_requests_total') === sent)
  })

  test('an application that never starts is given up, with its output', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.launch(stage, { app: 'breaks.mjs', args: ['--workers', '1'] })
    expect(await app.ended).toBe(3)
    expect(app.output).toContain('this application does not start')
    expect(app.output).toContain('giving up')
  })

  test('a metrics port that is taken costs the scrapes, not the application', { timeout }, async ({ stage }) => {
    const first = await SupervisedApplication.start(stage, { args: ['--workers', '1'] })
    const app = await SupervisedApplication.launch(stage, {
      args: ['--workers', '1', '--port', String(first.port), '--port-attempts', '2'],
    })
    await app.says(/is taken, after 2 tries/)
    await app.says(/1 worker serves/)
    expect(await app.ask()).toMatch(/^\d+$/)
  })

  test('names the fault of a command line', { timeout }, async ({ stage }) => {
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, errors } = await promhive(stage, ['run', ...args])
      expect(code).toBe(1)
      return errors
    }
    expect(await wrong()).toContain('which application?')
    expect(await wrong('nowhere.js')).toContain('there is no')
    expect(await wrong('package.json', 'more')).toContain('go after --')
    expect(await wrong('package.json', '--workers', 'many')).toContain(
      '--workers must be a whole number from 1 to 1024',
    )
    expect(await wrong('package.json', '--user', 'nobody-of-this-name')).toContain('no user nobody-of-this-name')
  })
})

describe.runIf(linux && process.getuid?.() === 0)('promhive run --user', () => {
  test('workers run as another user on a port of root’s, and count in a directory of their own', {
    timeout,
  }, async ({ stage }) => {
    const port = await privilegedPort()
    const args = ['--workers', '2', '--user', 'nobody', '--group', 'daemon']
    const app = await SupervisedApplication.start(stage, { args, env: { PORT: String(port) } })
    const facts = JSON.parse((await ask(`http://127.0.0.1:${port}/facts`)).body)
    const uid = Number(/^nobody:[^:]*:(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8'))![1])
    const gid = Number(/^daemon:[^:]*:(\d+)/m.exec(readFileSync('/etc/group', 'utf8'))![1])
    expect(facts.user).toEqual([uid, gid, [gid]])
    expect(facts.env.USER).toBe('nobody')
    await app.shows((seen) => seen.total('app_worker_requests_total') === 1)
    const directory = facts.env.PROMHIVE_DIR as string
    app.signal('SIGHUP')
    await app.shows((seen) => seen.value('app_primary_worker_restarts_total{reason="reload"}') === 2)
    await ask(`http://127.0.0.1:${port}/`)
    await app.shows((seen) => seen.total('app_worker_requests_total') === 2)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    expect(existsSync(directory)).toBe(false)
  })

  test('what a killed supervisor left is removed with the next start, and nothing else is', {
    timeout,
  }, async ({ stage }) => {
    const args = ['--workers', '1', '--user', 'nobody']
    const directoryOf = async (app: SupervisedApplication): Promise<string> =>
      JSON.parse(await app.ask('/facts')).env.PROMHIVE_DIR
    const killed = await SupervisedApplication.start(stage, { args })
    const running = await SupervisedApplication.start(stage, { args })
    const [left, used] = [await directoryOf(killed), await directoryOf(running)]
    const [worker] = killed.workerPids()
    killed.signal('SIGKILL')
    await killed.ended
    await until(
      () => existsSync(`/proc/${worker}`),
      (there) => !there,
    )
    expect(existsSync(left)).toBe(true)
    const decoy = (): string => join(dirname(left), `promhive-run-${randomBytes(3).toString('hex')}`)
    const [ofRoot, link, fresh] = [decoy(), decoy(), decoy()]
    const target = stage.folder()
    writeFileSync(join(target, 'kept'), '')
    for (const path of [ofRoot, link, fresh, left, used])
      stage.after(() => rmSync(path, { recursive: true, force: true }))
    symlinkSync(target, link)
    for (const path of [ofRoot, fresh]) mkdirSync(path)
    const { uid, gid } = statSync(left)
    lchownSync(link, uid, gid)
    chownSync(fresh, uid, gid)
    for (const path of [left, used, ofRoot]) utimesSync(path, 1000, 1000)
    lutimesSync(link, 1000, 1000)

    const next = await SupervisedApplication.start(stage, { args })
    expect(existsSync(left)).toBe(false)
    for (const path of [used, ofRoot, link, fresh, join(target, 'kept')]) expect(existsSync(path), path).toBe(true)
    await running.ask()
    await running.shows((seen) => seen.total('app_worker_requests_total') === 2)
    const own = await directoryOf(next)
    stage.after(() => rmSync(own, { recursive: true, force: true }))
    expect(own).not.toBe(left)
  })
})

function state(id: number, name: string): string {
  return `app_worker_state{worker_id="${id}",app_worker_state="${name}"}`
}

async function privilegedPort(): Promise<number> {
  const { createServer } = await import('node:net')
  for (let port = 600; port < 1023; port++) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error('no free port below 1023')
}
