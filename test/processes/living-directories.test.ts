import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plainTest } from 'vitest'
import { commands } from '../../src/cli/main.js'
import type { Actor } from '../helpers/processes/actor.js'
import { begin } from '../helpers/processes/command.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { asUser, canChangeUser } from '../helpers/processes/users.js'

/** Commands that read a directory, with arguments that make them end soon. */
const reading: Readonly<Record<string, readonly string[]>> = {
  serve: ['--port', '0'],
  inspect: [],
  explain: ['--top', '3'],
  top: ['--interval', '0.1'],
  dashboard: ['--title', 'the shop'],
  rules: ['--job', 'shop'],
  doctor: [],
}

/** Commands that have no directory of an application that runs, and why. */
const others: Readonly<Record<string, string>> = {
  run: 'makes one',
  config: 'shows the settings of run',
  stats: 'reads an address',
  discover: 'reads etcd',
  wipe: 'changes one, which must be named',
}

const timeout = 120_000
let users = 0

/** A user of this test only, so that no application of another test is found. */
class OwnUser {
  readonly uid = 700_000 + process.pid * 10 + users++
  readonly place = `/dev/shm/promhive-${this.uid}`

  constructor(private readonly stage: Stage) {
    stage.after(() => rmSync(this.place, { recursive: true, force: true }))
  }

  /** Starts an application that names no directory; returns its primary and the directory. */
  async cluster(): Promise<{ readonly primary: Actor; readonly directory: string }> {
    const primary = this.stage.launch('idle-cluster.mjs', { wrapper: asUser(this.uid), args: ["it's", 'one'] })
    await until(
      () => primary.output.includes('all count') || !primary.running,
      (done) => done,
    )
    if (!primary.running) throw new Error(primary.errors)
    const directory = join(this.place, readdirSync(this.place)[0]!)
    return { primary, directory }
  }

  /** Starts a process that counts in a directory directly below /dev/shm. */
  async named(
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly actor: Actor; readonly directory: string }> {
    const directory = this.stage.folder()
    chownSync(directory, this.uid, this.uid)
    const actor = await this.stage.start('actor.mjs', {
      wrapper: asUser(this.uid),
      env: { ...env, PROMHIVE_DIR: directory },
    })
    await actor.ask('count', 'jobs_total', {}, 1)
    return { actor, directory }
  }

  /** Runs a command to its end; a server until it serves. */
  async run(name: string, args = reading[name]!, env: Readonly<Record<string, string>> = {}) {
    const command = begin(this.stage, [name, ...args], env, asUser(this.uid))
    await until(
      () => command.over() || (name === 'serve' && /at http\S+\n/.test(command.output())),
      (done) => done,
    )
    if (!command.over()) command.child.kill('SIGTERM')
    const code = await command.ended
    return { code, output: command.output(), errors: command.errors(), both: command.output() + command.errors() }
  }

  /** Runs every command that reads a directory, all at the same time. */
  everyCommand() {
    return Promise.all(Object.keys(reading).map(async (name) => ({ name, ...(await this.run(name)) })))
  }
}

plainTest('every command is classified, and those with --dir search for one or say why not', () => {
  expect([...Object.keys(reading), ...Object.keys(others)].sort()).toEqual(commands.map(({ name }) => name).sort())
  const withDirectory = commands.filter(({ usage }) => /^ {2}(?:--dir )?DIR /m.test(usage)).map(({ name }) => name)
  expect(withDirectory.sort()).toEqual([...Object.keys(reading), 'wipe'].sort())
})

describe.skipIf(!canChangeUser)('a command without a directory (needs root and setpriv)', () => {
  test('says where it searched, and how to name one, if no application runs', { timeout }, async ({ stage }) => {
    const user = new OwnUser(stage)
    for (const { name, code, both } of await user.everyCommand()) {
      expect(both).toContain('No application of this user counts in a directory below /dev/shm.')
      const named = name === 'serve' ? 'serve --dir DIR --port 0' : `${name} DIR`
      expect(both).toContain(`PROMHIVE_DIR elsewhere: promhive ${named}`)
      const redis = 'redis' in commands.find((command) => command.name === name)!.options
      expect(both.includes(`One that counts in Redis: promhive ${name} --redis URL`)).toBe(redis)
      expect({ name, code }).toEqual({ name, code: name === 'doctor' ? 0 : 1 })
    }
    // A search creates nothing.
    expect(statSync(user.place, { throwIfNoEntry: false })).toBeUndefined()
  })

  test('takes that of the only one, and leaves it as it is', { timeout }, async ({ stage }) => {
    const user = new OwnUser(stage)
    const { primary, directory } = await user.cluster()
    for (const { name, code, output, both } of await user.everyCommand()) {
      expect(both).toContain(`${name === 'doctor' ? '' : `promhive ${name}: `}${directory}`)
      expect(both).toContain(`it's one: pid ${primary.pid}, 3 processes, for `)
      expect({ name, code }).toEqual({ name, code: 0 })
      if (name === 'dashboard') expect(JSON.parse(output).title).toBe('the shop')
    }
    const inspected = JSON.parse((await user.run('inspect', ['--json'])).output)
    expect(inspected).toMatchObject({ directory, seats: Array(3).fill({ live: true, owners: 1 }) })
    const { errors } = await user.run('serve')
    expect(errors).toContain('the next run of the application has another directory')
    // Nor does a command whose directory is an empty variable of a script.
    const empty = await user.run('top', [''])
    expect(empty).toMatchObject({ code: 1, errors: expect.stringContaining('Its name is empty') })
    // wipe does not guess.
    const wiped = await user.run('wipe', ['--force'])
    expect(wiped).toMatchObject({ code: 1, errors: expect.stringContaining('which directory? Name it') })
  })

  test('lists several, with the commands to type', { timeout }, async ({ stage }) => {
    const user = new OwnUser(stage)
    const [{ directory, primary }, named] = await Promise.all([user.cluster(), user.named()])
    for (const { name, code, both } of await user.everyCommand()) {
      expect(both).toContain('2 applications of this user count at the moment')
      const args = name === 'dashboard' ? " --title 'the shop'" : reading[name]!.map((arg) => ` ${arg}`).join('')
      const line = (path: string) => `promhive ${name} ${name === 'serve' ? '--dir ' : ''}${path}${args}`
      expect(both).toContain(line(directory))
      expect(both).toContain(line(named.directory))
      expect(both).toContain(`pid ${primary.pid}, 3 processes`)
      expect(both).toContain(`pid ${named.actor.pid}, 1 process,`)
      expect({ name, code }).toEqual({ name, code: name === 'doctor' ? 0 : 1 })
    }
    // The environment decides first.
    const { code, output } = await user.run('inspect', [], { PROMHIVE_DIR: named.directory })
    expect({ code, first: output.split(':')[0] }).toEqual({ code: 0, first: named.directory })
  })

  test('ignores applications that have ended, and names one if there is no other', { timeout }, async ({ stage }) => {
    const user = new OwnUser(stage)
    const [dead, living] = [await user.named(), await user.named()]
    await dead.actor.kill()
    const one = await user.run('inspect')
    expect(one).toMatchObject({ code: 0, output: expect.stringContaining(`${living.directory}: 1 seats, 1 alive`) })
    await living.actor.kill()
    const none = await user.run('inspect')
    expect(none.code).toBe(1)
    expect(none.errors).toMatch(/One that has ended: promhive inspect \/dev\/shm\/promhive-test-/)
  })

  test('ignores what belongs to another user, is a link, or is damaged', { timeout }, async ({ stage }) => {
    const [user, other] = [new OwnUser(stage), new OwnUser(stage)]
    const foreign = await other.named()
    const theirs = await other.cluster()
    // Even if every user can read it.
    chmodSync(foreign.directory, 0o755)
    const damaged = stage.folder()
    writeFileSync(join(damaged, 'control'), 'x'.repeat(5000))
    writeFileSync(join(damaged, '0001.values'), 'garbage')
    mkdirSync(join(damaged, '0002.values'))
    mkdirSync(user.place, { mode: 0o700 })
    symlinkSync(theirs.directory, join(user.place, 'link'))
    writeFileSync(join(user.place, 'file'), 'x')
    const closed = join(user.place, 'closed')
    mkdirSync(closed, { mode: 0 })
    for (const path of [damaged, join(damaged, 'control'), join(damaged, '0001.values'), user.place, closed])
      chownSync(path, user.uid, user.uid)
    expect((await user.run('inspect')).errors).toContain('No application of this user counts')
    const living = await user.named()
    const { code, output } = await user.run('inspect')
    expect({ code, first: output.split(':')[0] }).toEqual({ code: 0, first: living.directory })
  })

  test('finds an application with or without the addon, itself with or without it', { timeout }, async ({ stage }) => {
    const off = { PROMHIVE_NATIVE: 'off' }
    for (const env of [{}, off]) {
      const user = new OwnUser(stage)
      const { directory } = await user.named(env)
      for (const run of await Promise.all([user.run('inspect'), user.run('inspect', [], off)]))
        expect(run.output).toContain(`${directory}: 1 seats, 1 alive`)
    }
  })
})
