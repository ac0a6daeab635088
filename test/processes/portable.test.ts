import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { livenessIdOf, valuesName } from '../../src/store/shared/format.js'
import { promhive } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { canShowThroughFuse, networkDisk } from '../helpers/processes/network-disk.js'
import { openFilesOf } from '../helpers/processes/open-files.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { portable, type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { readSource, root } from '../helpers/source-imports.js'

const timeout = 120_000

const start = (stage: Stage, directory: string, env: Readonly<Record<string, string>> = {}) =>
  stage.start('actor.mjs', { env: { ...portable.env, ...env, PROMHIVE_DIR: directory } })

const livenessFiles = (directory: string): string[] =>
  readdirSync(directory).filter((name) => livenessIdOf(name) !== undefined)

describe('without the addon and without /proc', () => {
  // A fifo ends at the mount: each of the two would take the other one for dead, and begin a run repeatedly.
  test.skipIf(!canShowThroughFuse)(
    'processes that see a directory through different mounts count together',
    {
      timeout,
    },
    async ({ stage }) => {
      const disk = await networkDisk(stage)
      const actors = [await start(stage, disk), await start(stage, join(disk, '..', 'below'))]
      for (const actor of actors) await actor.ask('count', 'jobs_total', {}, 1)
      for (const actor of actors) {
        await until(
          async () => new Exposition(await actor.ask('scrape')).value('jobs_total'),
          (jobs) => jobs === 2,
        )
      }
      expect(livenessFiles(disk)).toHaveLength(1)
    },
  )

  test('a process that is stopped for an hour is not dead, and its seat stays its own', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const stopped = await start(stage, directory)
    await stopped.ask('count', 'jobs_total', {}, 3)
    await stopped.ask('setGauge', 'level', 'livesum', 7)
    await until(
      async () => (await readDirectory(directory)).scrape.value('level'),
      (level) => level === 7,
    )
    stopped.child.kill('SIGSTOP')
    // As after an hour without a sign of life: the file was not written since, and the clock may have been set.
    for (const time of [Date.now() / 1000 - 3600, Date.now() / 1000 + 3600]) {
      utimesSync(join(directory, valuesName(1)), time, time)
      const other = await start(stage, directory)
      await other.ask('count', 'jobs_total', {}, 1)
      const scrape = new Exposition(await other.ask('scrape'))
      expect([scrape.value('level'), scrape.value('jobs_total')]).toEqual([7, time > Date.now() / 1000 ? 5 : 4])
      await other.kill()
    }
    stopped.child.kill('SIGCONT')
    await stopped.ask('count', 'jobs_total', {}, 10)
    expect(new Exposition(await stopped.ask('scrape')).value('jobs_total')).toBe(15)
    const { writers } = await readDirectory(directory)
    expect(writers.map(({ seat, live, epoch }) => [seat, live, epoch])).toEqual([
      [1, true, 1],
      [2, false, 2],
    ])
  })

  test('processes that come and go leave one liveness file each at most, and the next one removes it', {
    timeout,
  }, async ({ stage }) => {
    const directory = stage.directory()
    const stays = await start(stage, directory)
    await stays.ask('count', 'jobs_total', {}, 1)
    for (let life = 0; life < 4; life++) {
      const next = await start(stage, directory)
      await next.ask('count', 'jobs_total', {}, 1)
      await next.ask('scrape')
      if (life % 2 === 0) await next.kill()
      else await next.ask('exit').then(() => next.ended)
      expect(livenessFiles(directory)).toHaveLength(2)
    }
    const scrape = new Exposition(await stays.ask('scrape'))
    expect(scrape.value('jobs_total')).toBe(5)
    // A new run removes those of the last one.
    await stage.clearActors()
    const first = await start(stage, directory)
    await first.ask('count', 'jobs_total', {}, 1)
    expect(new Exposition(await first.ask('scrape')).value('jobs_total')).toBe(1)
    expect(livenessFiles(directory)).toHaveLength(1)
    expect(openFilesOf(first.pid, directory).filter((path) => path.includes('.alive-'))).toHaveLength(1)
  })

  test('a process whose liveness file was removed keeps its counts, and makes another', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const one = await start(stage, directory)
    await one.ask('count', 'jobs_total', {}, 2)
    await one.ask('scrape')
    const [name] = livenessFiles(directory)
    spawnSync('rm', [join(directory, name!)])
    // A scrape checks it.
    expect(new Exposition(await one.ask('scrape')).value('jobs_total')).toBe(2)
    expect(livenessFiles(directory)).not.toContain(name)
    const other = await start(stage, directory)
    await other.ask('count', 'jobs_total', {}, 1)
    const scrape = await until(
      async () => new Exposition(await other.ask('scrape')),
      (seen) => seen.value('jobs_total') === 3,
    )
    expect(scrape.value('jobs_total')).toBe(3)
    expect((await readDirectory(directory)).writers.map(({ live, epoch }) => [live, epoch])).toEqual([
      [true, 1],
      [true, 1],
    ])
  })

  test('where mkfifo cannot be run, processes count together, and the weakness is named', { timeout }, async ({
    stage,
  }) => {
    const directory = stage.directory()
    const folder = stage.folder()
    const program = join(folder, 'refuse.cjs')
    writeFileSync(
      program,
      "require('node:child_process').spawnSync = () => ({ error: Object.assign(new Error('no'), { code: 'ENOENT' }) })",
    )
    const env = { NODE_OPTIONS: `--require=${program}` }
    const [one, two] = [await start(stage, directory, env), await start(stage, directory, env)]
    for (const actor of [one, two]) await actor.ask('count', 'jobs_total', {}, 1)
    await until(
      async () => new Exposition(await one.ask('scrape')).value('jobs_total'),
      (total) => total === 2,
    )
    expect(livenessFiles(directory)).toEqual([])
    expect(one.errors).toContain('there is no program mkfifo: after a kill -9, a process may count as alive for 30 s')
    const { output } = await promhive(stage, ['doctor', directory])
    expect(output).toContain('2 processes without the addon have no liveness file')
    // It begins a run of its own only when both are dead.
    await one.kill()
    const three = await start(stage, directory)
    await three.ask('count', 'jobs_total', {}, 1)
    await until(
      async () => new Exposition(await three.ask('scrape')).value('jobs_total'),
      (total) => total === 3,
    )
  })
})

test('every use of /proc can be switched off', () => {
  const named = readSource()
    .filter(({ path }) => path !== 'platform/proc.ts')
    .flatMap(({ path }) => {
      const code = readFileSync(join(root, 'src', path), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      return [...code.matchAll(/['"`]\/proc\b[^'"`]*/g)].map(([text]) => `${path}: ${text}`)
    })
  // A text for people, the name that procPath() gets without its beginning, and paths of a test's own files.
  const others = named.filter(
    (each) => !/^(?:store\/shared\/liveness\.ts: `\/proc\/locks cannot|instrument\/node\/cgroup)/.test(each),
  )
  expect(others).toEqual([])
})
