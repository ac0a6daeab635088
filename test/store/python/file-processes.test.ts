import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { PythonSource } from '../../../src/store/python/python-source.js'
import { seesAllProcesses } from '../../../src/store/shared/process-facts.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { Exposition } from '../../helpers/processes/exposition.js'
import { ask } from '../../helpers/processes/http.js'
import { Reader } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { WrittenFile } from '../../helpers/python/written-file.js'

const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
/** Whether this user may make a PID namespace, as a container has one. */
const canUnshare =
  process.platform === 'linux' &&
  spawnSync(unshare[0]!, [...unshare.slice(1), 'true'], { stdio: 'ignore' }).status === 0

/** A pid that no process has. */
const dead = '4000001'

function prepared(stage: Stage): string {
  const directory = stage.directory()
  mkdirSync(directory)
  return directory
}

function write(directory: string, process: string, value: number): void {
  for (const mode of ['livesum', 'livemax', 'livemin', 'liveall', 'livemostrecent', 'sum']) {
    new WrittenFile()
      .add({ metric: `level_${mode}`, value, time: value })
      .write(directory, `gauge_${mode}_${process}.db`)
  }
}

async function live(reader: Reader): Promise<string[]> {
  return [...(await reader.scrape()).samples.keys()].filter((name) => name.includes('live')).sort()
}

const all = ['level_liveall{pid="PID"}', 'level_livemax', 'level_livemin', 'level_livemostrecent', 'level_livesum']

function allOf(process: string): string[] {
  return all.map((name) => name.replace('PID', process))
}

describe.runIf(seesAllProcesses())('live gauges', () => {
  test('of a process that does not run are not shown', async ({ stage }) => {
    const directory = prepared(stage)
    write(directory, dead, 3)
    const reader = new Reader(new PythonSource(directory))
    expect(await live(reader)).toEqual([])
    expect((await reader.scrape()).value('level_sum')).toBe(3)
  })

  test('of a process whose pid another one has now are not shown', async ({ stage }) => {
    const directory = prepared(stage)
    write(directory, String(process.pid), 3)
    expect(await live(new Reader(new PythonSource(directory)))).toEqual([])
  })

  test('are shown once their values keep changing, although their process is not visible', async ({ stage }) => {
    const directory = prepared(stage)
    write(directory, dead, 3)
    const reader = new Reader(new PythonSource(directory))
    expect(await live(reader)).toEqual([])
    // Its process may have ended after that.
    write(directory, dead, 4)
    for (let scrape = 1; scrape <= 3; scrape++) expect(await live(reader)).toEqual([])
    write(directory, dead, 5)
    for (let scrape = 1; scrape <= 3; scrape++) expect(await live(reader)).toEqual(allOf(dead))
  })

  test('of a process that is not named by its pid are shown while the file exists', async ({ stage }) => {
    const directory = prepared(stage)
    write(directory, 'worker_1', 3)
    expect(await live(new Reader(new PythonSource(directory)))).toEqual(allOf('worker_1'))
  })
})

test.skipIf(!canUnshare)(
  'live gauges are shown by an exporter in another container while their files exist',
  async ({ stage }) => {
    const directory = prepared(stage)
    write(directory, dead, 3)
    const served = await promhiveServe(stage, ['--dir', directory], {}, unshare)
    const seen = new Exposition((await ask(served.url)).body)
    expect([...seen.samples.keys()].filter((name) => name.includes('live')).sort()).toEqual(allOf(dead))
  },
)
