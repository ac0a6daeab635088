import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { parseLimits } from '../../../src/instrument/node/process.js'
import { type Actor, cleanEnvironment } from '../../helpers/processes/actor.js'
import { provideDist } from '../../helpers/processes/dist.js'
import { Exposition, wentBack } from '../../helpers/processes/exposition.js'
import { Reader } from '../../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../instrument/node/programs/measured.mjs'
const memory = 'process_resident_memory_bytes'
const megabyte = 2 ** 20
const linux = process.platform === 'linux'

describe.each(sharedBackends)('the processes of an application ($backend)', ({ env }) => {
  function measured(stage: Stage, directory: string): Promise<Actor> {
    return stage.start(program, { env: { ...env, PROMHIVE_DIR: directory } })
  }

  /** Workers that measure themselves, each of them seen. */
  async function workers(stage: Stage, count: number, options: object = {}) {
    const directory = stage.directory()
    const reader = new Reader(directory)
    const started: Actor[] = []
    for (let seat = 1; seat <= count; seat++) {
      const actor = await measured(stage, directory)
      await actor.ask('measure', options)
      await actor.ask('scrape')
      started.push(actor)
    }
    return { directory, reader, started }
  }

  test('keep the CPU time of a killed worker, and continue from it', async ({ stage }) => {
    const { directory, reader, started } = await workers(stage, 3)
    await started[1]!.ask('burn', 0.5)
    await started[1]!.ask('scrape')
    const cpu = (scrape: Exposition): number => scrape.value('process_cpu_seconds_total') ?? 0
    const faults: string[] = []
    let last = await until(
      () => reader.scrape(),
      (scrape) => cpu(scrape) >= 0.5,
    )
    const look = async (): Promise<Exposition> => {
      const scrape = await reader.scrape()
      faults.push(...wentBack(last, scrape))
      last = scrape
      return scrape
    }
    await started[1]!.kill()
    await look()
    const next = await measured(stage, directory)
    await look()
    await next.ask('measure')
    await look()
    const before = cpu(last)
    await next.ask('burn', 0.2)
    await look()
    await next.ask('scrape')
    await until(look, (scrape) => cpu(scrape) >= before + 0.2)
    expect(faults).toEqual([])
  })

  test('show the memory of living processes only', async ({ stage }) => {
    const { directory, reader, started } = await workers(stage, 3)
    const total = (scrape: Exposition): number => scrape.value(memory) ?? 0
    await started[1]!.ask('hold', 256 * megabyte)
    await started[1]!.ask('scrape')
    const before = await until(
      () => reader.scrape(),
      (scrape) => total(scrape) > 256 * megabyte,
    )
    await started[1]!.kill()
    const after = await reader.scrape()
    expect(total(after)).toBeGreaterThan(0)
    expect(total(after)).toBeLessThan(total(before) - 256 * megabyte)
    const next = await measured(stage, directory)
    await next.ask('measure')
    await next.ask('scrape')
    await until(
      () => reader.scrape(),
      (scrape) => total(scrape) > total(after),
    )
  })

  test.runIf(linux)('add up what each has, and show the oldest start', async ({ stage }) => {
    const limit = parseLimits(readFileSync('/proc/self/limits', 'latin1')).openFiles!
    const { reader, started } = await workers(stage, 3)
    const scrape = await until(
      () => reader.scrape(),
      (seen) => seen.value('process_max_fds') === 3 * limit,
    )
    const before = scrape.value('process_start_time_seconds')!
    await started[0]!.kill()
    expect((await reader.scrape()).value('process_start_time_seconds')).toBeGreaterThan(before)
  })

  test('show each living worker on request', async ({ stage }) => {
    const { directory, reader, started } = await workers(stage, 3, { perWorker: true })
    const seats = async (): Promise<string[]> => Object.keys((await reader.scrape()).labelled(memory))
    const all = ['worker="1"', 'worker="2"', 'worker="3"']
    await until(seats, (shown) => shown.join() === all.join())
    await started[1]!.kill()
    expect(await seats()).toEqual(['worker="1"', 'worker="3"'])
    const next = await measured(stage, directory)
    await next.ask('measure', { perWorker: true })
    expect(await until(seats, (shown) => shown.length === 3)).toEqual(all)
    for (const mean of Object.values((await reader.scrape()).labelled('nodejs_eventloop_lag_mean_seconds'))) {
      expect(mean).toBeGreaterThanOrEqual(0)
    }
  })

  test('show the CPU time of each worker, and its total never goes back', async ({ stage }) => {
    const { directory, reader, started } = await workers(stage, 3, { perWorker: true })
    const name = 'process_cpu_seconds_total'
    const ofWorker = (scrape: Exposition, worker: number) => scrape.value(`${name}{worker="${worker}"}`) ?? 0
    await started[1]!.ask('burn', 0.5)
    await started[1]!.ask('scrape')
    let last = await until(
      () => reader.scrape(),
      (scrape) => ofWorker(scrape, 2) >= 0.5,
    )
    expect(Object.keys(last.labelled(name))).toEqual(['worker="1"', 'worker="2"', 'worker="3"'])
    expect(ofWorker(last, 2)).toBeLessThanOrEqual(await started[1]!.ask<number>('cpu'))
    const faults: string[] = []
    const look = async (): Promise<Exposition> => {
      const scrape = await reader.scrape()
      faults.push(...wentBack(last, scrape))
      if (scrape.total(name) < last.total(name)) faults.push(`${last.total(name)} went back to ${scrape.total(name)}`)
      last = scrape
      return scrape
    }
    await started[1]!.kill()
    const ended = ofWorker(await look(), 2)
    expect(ended).toBeGreaterThanOrEqual(0.5)
    const next = await measured(stage, directory)
    await next.ask('measure', { perWorker: true })
    await next.ask('burn', 0.2)
    await next.ask('scrape')
    await until(look, (scrape) => ofWorker(scrape, 2) >= ended + 0.2)
    expect(Object.keys(last.labelled(name))).toHaveLength(3)
    expect(faults).toEqual([])
  })

  test('show the last values of a worker that is blocked', async ({ stage }) => {
    const { reader, started } = await workers(stage, 3, { perWorker: true })
    const [release, blocked] = ['release', 'blocked'].map((name) => join(stage.folder(), name)) as [string, string]
    const before = await until(
      () => reader.scrape(),
      (scrape) => Object.keys(scrape.labelled(memory)).length === 3,
    )
    await started[1]!.ask('blockUntil', release, blocked)
    await until(() => existsSync(blocked), Boolean)
    await started[0]!.ask('scrape')
    const during = (await reader.scrape()).labelled(memory)
    expect(Object.keys(during)).toEqual(Object.keys(before.labelled(memory)))
    expect(during['worker="2"']).toBeGreaterThan(megabyte)
    writeFileSync(release, '')
    await started[1]!.ask('scrape')
  })

  test('are seen by each other without being asked, even if they count nothing else', async ({ stage }) => {
    const directory = stage.directory()
    for (let i = 0; i < 2; i++) {
      await (await measured(stage, directory)).ask('measure', { labels: { number: String(i) } })
    }
    const reader = new Reader(directory)
    await until(
      () => reader.scrape(),
      (scrape) => Object.keys(scrape.labelled(memory)).join() === 'number="0",number="1"',
    )
  })

  test('leave what threads have in common to the main thread', async ({ stage }) => {
    const options = { perWorker: true }
    const { reader, started } = await workers(stage, 1, options)
    await started[0]!.ask('burn', 0.3)
    await started[0]!.ask('startThread', options)
    await started[0]!.ask('scrape')
    const scrape = await until(
      () => reader.scrape(),
      (seen) => Object.keys(seen.labelled('nodejs_heap_size_used_bytes')).length === 2,
    )
    expect(Object.keys(scrape.labelled(memory))).toEqual(['worker="1"'])
    expect(Object.keys(scrape.labelled('process_start_time_seconds'))).toEqual(['worker="1"'])
    const cpu = scrape.labelled('process_cpu_seconds_total')
    expect(Object.keys(cpu)).toEqual(['worker="1"'])
    expect(cpu['worker="1"']).toBeGreaterThan(0.3)
    expect(cpu['worker="1"']).toBeLessThanOrEqual(await started[0]!.ask<number>('cpu'))
    expect(Object.keys(scrape.labelled('nodejs_eventloop_time_seconds_total'))).toHaveLength(4)
  })
})

describe('measuring', () => {
  test('creates nothing before it is called, and does not keep the process running', () => {
    const { status, stdout } = run('lone.mjs')
    expect(status).toBe(0)
    const { imported, measured } = JSON.parse(stdout)
    expect(imported).toEqual({ watching: false, metrics: 0 })
    expect(measured.watching).toBe(true)
    expect(measured.metrics).toBeGreaterThan(25)
  })

  test('counts every garbage collection that V8 does', () => {
    const { status, stdout } = run('traced-gc.mjs', '--expose-gc', '--trace-gc')
    expect(status).toBe(0)
    const [, traced = '', after = ''] = /^begin$(.*)^end$(.*)/ms.exec(stdout) ?? []
    const scrape = new Exposition(
      after
        .split('\n')
        .filter((line) => !/^\[\d+:/.test(line))
        .join('\n'),
    )
    const counted = (kind: string) => scrape.value(`nodejs_gc_duration_seconds_count{kind="${kind}"}`)
    const lines = (pattern: RegExp): number => traced.split('\n').filter((line) => pattern.test(line)).length
    expect(lines(/ Scavenge /)).toBeGreaterThan(3)
    expect(lines(/ Mark-Compact /)).toBeGreaterThanOrEqual(3)
    expect([counted('minor'), counted('major')]).toEqual([lines(/ Scavenge /), lines(/ Mark-Compact /)])
  })

  test('may begin repeatedly', () => {
    const { status, stdout, stderr } = run('begins-again.mjs', '--expose-gc')
    expect([status, stderr]).toEqual([0, ''])
    // What looks at the event loop keeps nothing alive.
    expect(stdout).toContain('nodejs_active_handles_total')
    expect(stdout).not.toContain('ELDHistogram')
  })
})

function run(program: string, ...options: readonly string[]) {
  provideDist()
  const path = join(dirname(fileURLToPath(import.meta.url)), 'programs', program)
  return spawnSync(process.execPath, [...options, path], { env: cleanEnvironment(), encoding: 'utf8' })
}
