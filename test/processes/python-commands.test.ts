import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { SeriesCosts } from '../../src/gather/costs/series-costs.js'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { WrittenFile } from '../helpers/python/written-file.js'

/** Pids that no process has. */
const dead = '4000001'

function writeFiles(directory: string, process = dead): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  new WrittenFile().add({ metric: 'jobs', sample: 'jobs_total', value: 7 }).write(directory, `counter_${process}.db`)
  new WrittenFile('0.16').add({ metric: 'level', value: 3 }).write(directory, `gauge_max_${process}.db`)
  writeFileSync(join(directory, 'celery.db'), 'SQLite format 3\0')
  writeFileSync(join(directory, 'counter_notes.db'), 'SQLite format 3\0')
}

const databases = ['celery.db', 'counter_4000001.db', 'counter_notes.db', 'gauge_max_4000001.db']

test('a process of promhive counts beside the files of Python, and keeps them when it begins a run', async ({
  stage,
}) => {
  const directory = stage.directory()
  writeFiles(directory)
  for (const run of [1, 2]) {
    const worker = await stage.start('actor.mjs', { env: { PROMETHEUS_MULTIPROC_DIR: directory } })
    await worker.ask('count', 'jobs_total', {}, run)
    const seen = new Exposition(await worker.ask('scrape'))
    expect([seen.value('jobs_total'), seen.value('level')]).toEqual([7 + run, 3])
    expect(await worker.ask('faults')).toEqual([])
    await worker.kill()
  }
  expect(readdirSync(directory).filter((name) => name.endsWith('.db'))).toEqual(databases)
})

test('promhive inspect shows the files of Python’s client', async ({ stage }) => {
  const directory = stage.directory()
  writeFiles(directory)
  const { code, output } = await promhive(stage, ['inspect', directory])
  expect(code).toBe(0)
  expect(output).toContain('2 files of 1 processes with Python’s client'.replace('’', "'"))
  expect(output).toMatch(/counter_4000001\.db +4000001 +dead +1 +1 +65536 B/)
  const json = await promhive(stage, ['inspect', directory, '--json'])
  expect(JSON.parse(json.output)).toMatchObject({
    seats: [],
    python: [
      { file: 'counter_4000001.db', process: dead, live: false, families: { jobs_total: 1 }, series: 1, bytes: 65_536 },
      { file: 'gauge_max_4000001.db', process: dead, live: false, families: { level: 1 }, series: 1, bytes: 65_536 },
    ],
    faults: [],
  })
  writeFileSync(join(directory, 'counter_4000002.db'), 'random bytes that are not of the client')
  const faulty = await promhive(stage, ['inspect', directory])
  expect(faulty.code).toBe(1)
  expect(faulty.output).toContain("! counter_4000002.db, a file of Python's client, cannot be read (beyond_end)")
})

test('promhive serve reads the files before the first scrape, and reports at once what is wrong with them', async ({
  stage,
}) => {
  const directory = stage.directory()
  writeFiles(directory)
  writeFileSync(join(directory, 'counter_4000002.db'), 'random bytes that are not of the client')
  const fault = "counter_4000002.db, a file of Python's client, cannot be read (beyond_end)"
  for (const dir of [directory, `shop=${directory}`]) {
    const served = await promhiveServe(stage, ['--dir', dir])
    await until(
      () => served.errors(),
      (text) => text.includes(fault),
    )
  }
})

test('promhive doctor knows the files of Python’s client', async ({ stage }) => {
  const directory = stage.directory()
  writeFiles(directory)
  const { output } = await promhive(stage, ['doctor', directory])
  expect(output).toContain('0 alive, 1 dead, with 2 files')
  expect(output).toContain('2 files are not promhive’s (celery.db'.replace('’', "'").replace('2 files', '1 files'))
})

test('promhive wipe keeps the files of Python’s client unless they are requested', async ({ stage }) => {
  const directory = stage.directory()
  writeFiles(directory)
  writeFileSync(join(directory, '0001.values'), '')
  const kept = await promhive(stage, ['wipe', directory])
  expect(kept.output).toContain("2 files of Python's client stay; --python removes them")
  expect(readdirSync(directory)).toEqual(databases)

  // As a process that runs, and has not mapped the file: it has the pid of the former one.
  writeFiles(directory, String(process.pid))
  const wiped = await promhive(stage, ['wipe', directory, '--python'])
  expect([wiped.code, wiped.output]).toEqual([0, `promhive: ${directory} is ready for a fresh run\n`])
  expect(readdirSync(directory)).toEqual(['celery.db', 'counter_notes.db'])

  // An application with identifiers of its own may still run.
  writeFiles(directory, 'worker-1')
  const refused = await promhive(stage, ['wipe', directory, '--python'])
  expect([refused.code, refused.errors]).toEqual([
    1,
    `promhive wipe: ${directory} is in use by processes of Python's client (worker-1): stop them first, or use --force\n`,
  ])
  expect(readdirSync(directory)).toHaveLength(4)
  expect((await promhive(stage, ['wipe', directory, '--python', '--force'])).code).toBe(0)
  expect(readdirSync(directory)).toEqual(['celery.db', 'counter_notes.db'])
})

test('explain shows what they cost', async ({ stage }) => {
  const directory = stage.directory()
  writeFiles(directory)
  const { code, output } = await promhive(stage, ['explain', directory, '--workers', '8', '--json'])
  expect(code).toBe(0)
  const { families } = JSON.parse(output) as SeriesCosts
  const ofPython = families.filter(({ name }) => !name.startsWith('promhive_'))
  const shown = ofPython.map(({ name, merged, perTarget }) => [name, merged.text.series, perTarget.text.series])
  expect(shown.sort()).toEqual([
    ['jobs_total', 1, 8],
    ['level', 1, 8],
  ])
})
