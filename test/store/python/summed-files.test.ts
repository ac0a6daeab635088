import { mkdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { labelValuesOf } from '../../../src/model/series-key.js'
import { PythonSource } from '../../../src/store/python/python-source.js'
import { Reader } from '../../helpers/processes/reading.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { pause } from '../../helpers/processes/until.js'
import { WrittenFile } from '../../helpers/python/written-file.js'
import { noPause } from '../../helpers/writers.js'

function prepared(stage: Stage): { readonly directory: string; readonly reader: Reader } {
  const directory = stage.directory()
  mkdirSync(directory)
  return { directory, reader: new Reader(new PythonSource(directory)) }
}

function jobs(kind: string, value: number, help = 'Jobs.') {
  return { metric: 'jobs', sample: 'jobs_total', labels: { kind }, value, help }
}

test('a series is in the log once, however many files have it, and goes with the last one', async ({ stage }) => {
  const { directory, reader } = prepared(stage)
  for (const process of [1, 2, 3]) {
    const file = new WrittenFile().add(jobs('all', 1))
    if (process === 1) file.add(jobs('first', 5))
    file.write(directory, `counter_${4_000_000 + process}.db`)
  }
  const { writers, scrape } = await reader.read()
  expect(scrape.labelled('jobs_total')).toEqual({ 'kind="all"': 3, 'kind="first"': 5 })
  expect(writers.map(({ log }) => log.length)).toEqual([2, 0, 0, 0])
  expect(writers.slice(1).map(({ summedSeries }) => summedSeries?.().get('jobs_total'))).toEqual([2, 1, 1])
  rmSync(join(directory, 'counter_4000001.db'))
  expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="all"': 2 })
  new WrittenFile().add(jobs('first', 7)).write(directory, 'counter_4000004.db')
  expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="all"': 2, 'kind="first"': 7 })
  for (const process of [2, 3, 4]) rmSync(join(directory, `counter_${4_000_000 + process}.db`))
  expect((await reader.read()).writers).toEqual([])
  new WrittenFile().add(jobs('first', 1)).write(directory, 'counter_4000005.db')
  expect((await reader.scrape()).labelled('jobs_total')).toEqual({ 'kind="first"': 1 })
})

test('a series was created with the first file that has it, also if that is read later', async ({ stage }) => {
  const { directory } = prepared(stage)
  const source = new PythonSource(directory)
  const created = async (): Promise<Record<string, number>> => {
    const { log } = (await source.read(noPause)).writers[0]!
    const times = Array.from({ length: log.length }, (_, i) => [
      String(labelValuesOf(log.keyOf[i]!)[0]),
      log.createdAt[i]!,
    ])
    return Object.fromEntries(times)
  }
  const write = (process: number, seconds: number, ...kinds: readonly string[]): void => {
    new WrittenFile().add(...kinds.map((kind) => jobs(kind, 1))).write(directory, `counter_${4_000_000 + process}.db`)
    utimesSync(join(directory, `counter_${4_000_000 + process}.db`), seconds, seconds)
  }
  write(1, 2000, 'a', 'b')
  write(2, 1000, 'b')
  expect(await created()).toEqual({ a: 2000, b: 1000 })
  write(3, 500, 'a')
  expect(await created()).toEqual({ a: 500, b: 1000 })
})

test('the definition of the newest process is shown', async ({ stage }) => {
  const { directory, reader } = prepared(stage)
  new WrittenFile().add(jobs('a', 1, 'Old.')).write(directory, 'counter_4000001.db')
  // Times of files are not precise.
  await pause(50)
  new WrittenFile().add(jobs('a', 2, 'New.')).write(directory, 'counter_4000002.db')
  expect((await reader.scrape()).text).toContain('# HELP jobs_total New.')
  expect((await reader.scrape()).value('jobs_total{kind="a"}')).toBe(3)
  rmSync(join(directory, 'counter_4000002.db'))
  expect((await reader.scrape()).text).toContain('# HELP jobs_total Old.')
  expect((await reader.scrape()).value('jobs_total{kind="a"}')).toBe(1)
})

test('the log stays small while processes with other series come and go', async ({ stage }) => {
  const { directory, reader } = prepared(stage)
  const logs = new Set<object>()
  for (let process = 1; process <= 12; process++) {
    const file = new WrittenFile().add(jobs('always', 1))
    for (let i = 0; i < 500; i++) file.add(jobs(`${process}-${i}`, i))
    file.write(directory, `counter_${4_000_000 + process}.db`)
    new WrittenFile()
      .addHistogram('seconds', 1, { '1.0': 1, '+Inf': 1 })
      .write(directory, `histogram_${4_000_000 + process}.db`)
    rmSync(join(directory, `counter_${4_000_000 + process - 2}.db`), { force: true })
    const { writers, scrape } = await reader.read()
    const counters = Math.min(process, 2)
    expect(scrape.value('jobs_total{kind="always"}')).toBe(counters)
    expect(scrape.total('jobs_total')).toBe(counters * (1 + (499 * 500) / 2))
    expect(scrape.labelled('seconds_bucket')).toEqual({ 'le="1.0"': process, 'le="+Inf"': 2 * process })
    expect(writers[0]!.log.length).toBeLessThan(6000)
    expect(writers[0]!.values.length).toBeLessThan(4000)
    logs.add(writers[0]!.log)
  }
  expect(logs.size).toBeGreaterThan(1)
})
