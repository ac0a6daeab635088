import { existsSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { openFilesOf } from '../helpers/processes/open-files.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

describe.each(sharedBackends)('$backend, without a configured directory', ({ backend, env }) => {
  test('a process alone makes no file and opens none', { timeout }, async ({ stage }) => {
    const alone = await launch(stage, 'actor.mjs')
    await alone.ask('count', 'jobs_total', {}, 10)
    await alone.ask('observe', 'duration_seconds', {}, 10)
    expect(scrapeOf(await alone.ask('scrape')).value('jobs_total')).toBe(10)
    expect(directoriesOf(alone.pid)).toEqual([])
    expect(openFilesOf(alone.pid).filter((path) => /promhive-|\.values|\.series|control/.test(path))).toEqual([])
  })

  test('a main thread and three threads count together, and any of them answers', { timeout }, async ({ stage }) => {
    const app = await launch(stage, 'threads.mjs')
    await app.ask('count', 'before_total', {}, 3)
    for (const name of ['a', 'b', 'c']) await app.ask('startThread', name)
    await app.ask('count', 'jobs_total', { thread: 'main' }, 100)
    for (const name of ['a', 'b', 'c']) await app.ask('askThread', name, 'count', 'jobs_total', { thread: name }, 100)
    await app.ask('askThread', 'a', 'setGauge', 'level', 'livesum', 1)
    await app.ask('askThread', 'b', 'setGauge', 'level', 'livesum', 2)
    await app.ask('setGauge', 'level', 'livesum', 4)
    const wanted = { 'thread="a"': 100, 'thread="b"': 100, 'thread="c"': 100, 'thread="main"': 100 }
    for (const ask of [() => app.ask<string>('scrape'), () => app.ask<string>('askThread', 'c', 'scrape')]) {
      const scrape = await until(
        async () => scrapeOf(await ask()),
        (seen) => seen.total('jobs_total') === 400 && seen.value('level') === 7,
      )
      expect(scrape.labelled('jobs_total')).toEqual(wanted)
      expect(scrape.value('before_total')).toBe(3)
    }
    expect(directoriesOf(app.pid)).toHaveLength(1)
  })

  test('threads count together when the main thread only answers', { timeout }, async ({ stage }) => {
    const app = await launch(stage, 'threads.mjs')
    await app.ask('startThread', 'a')
    await app.ask('askThread', 'a', 'count', 'jobs_total', { thread: 'a' }, 7)
    const scrape = await until(
      async () => scrapeOf(await app.ask('scrape')),
      (seen) => seen.total('jobs_total') === 7,
    )
    expect(scrape.labelled('jobs_total')).toEqual({ 'thread="a"': 7 })
  })

  test('a thread that is terminated in the middle of counting loses nothing that it acknowledged', {
    timeout,
  }, async ({ stage }) => {
    const app = await launch(stage, 'threads.mjs')
    await app.ask('count', 'jobs_total')
    await app.ask('startThread', 'quick')
    await app.ask('askThread', 'quick', 'count', 'quick_total', {}, 5)
    const directory = (): string => directoriesOf(app.pid)[0]!
    // In the file before the thread never comes to its event loop again.
    await until(
      async () => (await readDirectory(directory())).scrape,
      (seen) => seen.value('quick_total') === 5,
    )
    await app.ask('setOff', 'quick', 0)
    await until(
      () => app.ask<number>('acknowledged', 0),
      (count) => count > 1000,
    )
    const acknowledged = await app.ask<number>('terminate', 'quick', 0)
    const { scrape, writers } = await readDirectory(directory())
    expect(scrape.value('quick_total')).toBe(5)
    if (backend === 'buffered') return
    // Every count was visible at once; one count may be between the store and its acknowledgement.
    const counted = scrape.value('forever_total{name="quick"}')!
    expect([acknowledged, acknowledged + 1]).toContain(counted)
    expect(writers.map(({ seat, live, epoch }) => ({ seat, live, epoch }))).toEqual([
      { seat: 1, live: true, epoch: 1 },
      { seat: 2, live: false, epoch: 1 },
    ])

    await app.ask('startThread', 'next')
    await app.ask('askThread', 'next', 'count', 'quick_total', {}, 1)
    const after = await readDirectory(directory())
    expect(after.writers.map(({ seat, live, epoch }) => ({ seat, live, epoch }))).toEqual([
      { seat: 1, live: true, epoch: 1 },
      { seat: 2, live: true, epoch: 2 },
    ])
    expect(after.scrape.value('quick_total')).toBe(6)
    expect(after.scrape.value('forever_total{name="quick"}')).toBe(counted)
  })

  test('the primary of a cluster and its workers count together, and any of them answers', {
    timeout,
  }, async ({ stage }) => {
    const app = await launch(stage, 'cluster.mjs')
    await app.ask('count', 'before_total', {}, 3)
    for (const name of ['a', 'b', 'c']) await app.ask('startWorker', name)
    await app.ask('count', 'jobs_total', { worker_name: 'primary' }, 100)
    for (const name of ['a', 'b', 'c'])
      await app.ask('askWorker', name, 'count', 'jobs_total', { worker_name: name }, 100)
    await app.ask('askWorker', 'a', 'setGauge', 'level', 'liveall', 1)
    const names = ['a', 'b', 'c', 'primary']
    const wanted = Object.fromEntries(names.map((name) => [`worker_name="${name}"`, 100]))
    const askers = [
      () => app.ask<string>('scrape'),
      ...['a', 'b', 'c'].map((name) => () => app.ask<string>('askWorker', name, 'scrape')),
    ]
    for (const ask of askers) {
      const scrape = await until(
        async () => scrapeOf(await ask()),
        (seen) => seen.total('jobs_total') === 400 && seen.total('level') === 1,
      )
      expect(scrape.labelled('jobs_total')).toEqual(wanted)
      expect(scrape.value('before_total')).toBe(3)
    }

    await app.ask('killWorker', 'a', 'SIGKILL')
    const later = scrapeOf(await app.ask('askWorker', 'b', 'scrape'))
    expect(later.labelled('jobs_total')).toEqual(wanted)
    expect(later.labelled('level')).toEqual({})
  })

  test('a primary that has not counted answers for workers that have, even when all of them are gone', {
    timeout,
  }, async ({ stage }) => {
    const app = await launch(stage, 'cluster.mjs')
    await app.ask('startWorker', 'a')
    await app.ask('askWorker', 'a', 'count', 'jobs_total', {}, 9)
    await until(
      async () =>
        directoriesOf(app.pid).length > 0
          ? (await readDirectory(directoriesOf(app.pid)[0]!)).scrape.value('jobs_total')
          : 0,
      (counted) => counted === 9,
    )
    await app.ask('killWorker', 'a', 'SIGTERM')
    expect(scrapeOf(await app.ask('scrape')).value('jobs_total')).toBe(9)
  })

  test('the threads of a cluster worker count with the cluster', { timeout }, async ({ stage }) => {
    const app = await launch(stage, 'cluster.mjs')
    await app.ask('startWorker', 'a')
    await app.ask('askWorker', 'a', 'count', 'jobs_total', { from: 'worker' }, 1)
    await app.ask('askWorker', 'a', 'startThread', 't')
    await app.ask('askWorker', 'a', 'askThread', 't', 'count', 'jobs_total', { from: 'thread' }, 2)
    const scrape = await until(
      async () => scrapeOf(await app.ask('scrape')),
      (seen) => seen.total('jobs_total') === 3,
    )
    expect(scrape.labelled('jobs_total')).toEqual({ 'from="thread"': 2, 'from="worker"': 1 })
  })

  test('a worker that replaces the only one of a cluster counts on from it, though the primary never counted', {
    timeout,
  }, async ({ stage }) => {
    const app = await launch(stage, 'cluster.mjs')
    await app.ask('startWorker', 'a')
    await app.ask('askWorker', 'a', 'count', 'jobs_total', {}, 9)
    await app.ask('askWorker', 'a', 'exit')
    await until(
      () => app.ask<boolean>('workerGone', 'a'),
      (gone) => gone,
    )
    await app.ask('startWorker', 'b')
    await app.ask('askWorker', 'b', 'count', 'jobs_total', {}, 1)
    expect(scrapeOf(await app.ask('askWorker', 'b', 'scrape')).value('jobs_total')).toBe(10)
  })

  test('so do those that the worker started before it counted anything', { timeout }, async ({ stage }) => {
    const app = await launch(stage, 'cluster.mjs')
    await app.ask('startWorker', 'a')
    await app.ask('askWorker', 'a', 'startThread', 't')
    await app.ask('askWorker', 'a', 'askThread', 't', 'count', 'jobs_total', { from: 'thread' }, 2)
    await app.ask('askWorker', 'a', 'count', 'jobs_total', { from: 'worker' }, 1)
    const scrape = await until(
      async () => scrapeOf(await app.ask('scrape')),
      (seen) => seen.total('jobs_total') === 3,
    )
    expect(scrape.labelled('jobs_total')).toEqual({ 'from="thread"': 2, 'from="worker"': 1 })
  })

  test('a child that was only forked is another application', { timeout }, async ({ stage }) => {
    const app = await launch(stage, 'forks.mjs')
    await app.ask('count', 'jobs_total', { who: 'parent' }, 1)
    const child = await app.ask<{ pid: number }>('startChild')
    await app.ask('askChild', 'count', 'jobs_total', { who: 'child' }, 2)
    expect(scrapeOf(await app.ask('scrape')).labelled('jobs_total')).toEqual({ 'who="parent"': 1 })
    expect(scrapeOf(await app.ask('askChild', 'scrape')).labelled('jobs_total')).toEqual({ 'who="child"': 2 })
    expect([...directoriesOf(app.pid), ...directoriesOf(child.pid)]).toEqual([])
  })

  test('the directory of an ended application is removed by the next one that shares', { timeout }, async ({
    stage,
  }) => {
    const sharing = async (count: number) => {
      const app = await launch(stage, 'threads.mjs')
      await app.ask('startThread', 'a')
      await app.ask('askThread', 'a', 'count', 'jobs_total', {}, count)
      return app
    }
    let left: string
    // Again where an application of another test came first: it sweeps as well.
    do {
      const app = await sharing(7)
      left = directoriesOf(app.pid)[0]!
      await until(
        async () => (await readDirectory(left)).scrape.value('jobs_total'),
        (counted) => counted === 7,
      )
      await app.kill()
    } while (!(await stillHas(left, 7)))
    const other = await sharing(1)
    // Where two sweep at a time, the other one may not be through yet.
    await until(
      () => existsSync(left),
      (there) => !there,
    )
    expect(directoriesOf(other.pid)).toHaveLength(1)
  })

  /** Whether the counts are there; false if the whole directory is gone. */
  async function stillHas(directory: string, counted: number): Promise<boolean> {
    const seen = await readDirectory(directory).catch(() => undefined)
    if (seen?.scrape.value('jobs_total') === counted) return true
    await until(
      () => existsSync(directory),
      (there) => !there,
    )
    return false
  }

  /** Starts a program without a directory, and removes the one that it makes by itself. */
  async function launch(stage: Stage, program: string): Promise<Actor> {
    const actor = await stage.start(program, { env })
    stage.after(() => {
      for (const directory of directoriesOf(actor.pid)) rmSync(directory, { recursive: true, force: true })
    })
    return actor
  }
})

/** The directories that a process made for itself and its workers. */
function directoriesOf(pid: number): string[] {
  return ['/dev/shm', tmpdir()].flatMap((memory) => {
    const base = join(memory, `promhive-${process.getuid!()}`)
    const names = existsSync(base) ? readdirSync(base) : []
    return names.filter((name) => name.split('-')[1] === String(pid)).map((name) => join(base, name))
  })
}

function scrapeOf(text: string): Exposition {
  return new Exposition(text)
}
