import { describe, expect } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { removalsByte } from '../../src/store/shared/format.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { Reader } from '../helpers/processes/reading.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

describe.runIf(loadBinding().binding !== undefined)('a process that is stopped inside the lock on removals', () => {
  test('delays no removal, no request and no scrape of the others; their removals are published when it continues', async ({
    stage,
  }) => {
    const directory = stage.directory()
    const env = { PROMHIVE_DIR: directory }
    const [one, two] = [await stage.start('removes.mjs', { env }), await stage.start('removes.mjs', { env })]
    const count = 40
    for (const actor of [one, two]) await actor.ask('countEach', count)
    const stopped = await stage.start('holds-removals.mjs', { args: [directory, String(removalsByte)] })
    stopped.child.kill('SIGSTOP')

    // It was one second for each of them before. The longest pause of the event loop shows it, on however busy a machine.
    const longest = await one.ask<number>('removeEach', count)
    expect(longest).toBeLessThan(count * 250)
    expect(samples(await one.ask('scrape'), 'jobs_total')).toEqual({})
    expect(Object.keys(samples(await two.ask('scrape'), 'jobs_total')).length).toBe(count)
    // Idle by now: each scrape would remove them, and leaves it for later.
    const { seconds, longest: held } = await two.ask<{ seconds: number; longest: number }>('scrapeUntilIdle')
    expect(seconds).toBeLessThan(count * 0.5)
    expect(held).toBeLessThan(count * 250)
    await one.ask('count', 'jobs_total', { path: '1' }, 3)
    const told = await until(
      () => one.ask<{ code: string; message: string }[]>('faults'),
      (faults) => faults.some(({ code }) => code === 'REMOVE_FAILED'),
    )
    expect(told.filter(({ message }) => /shown by this process only/.test(message)).length).toBe(1)

    stopped.child.kill('SIGCONT')
    await stopped.kill()
    const beside = new Reader(directory)
    const shown = await until(
      () => beside.scrape(),
      (scrape) => scrape.total('jobs_total') === 3,
    )
    expect(shown.labelled('jobs_total')).toEqual({ 'path="1"': 3 })
    // Tried again after a while, not at every scrape.
    await until(
      async () => samples(await two.ask('scrape'), 'idle_total'),
      (idle) => Object.keys(idle).length === 0,
    )
  })
})

function samples(text: unknown, name: string): Record<string, number> {
  return new Exposition(text as string).labelled(name)
}
