import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { readDirectory } from '../helpers/processes/reading.js'
import { canMount, fillUp, smallDisk } from '../helpers/processes/small-disk.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 240_000

describe.skipIf(!canMount).each(sharedBackends)('$backend: a full disk (needs the right to mount one)', ({ env }) => {
  const on = (disk: string) => ({ env: { ...env, PROMHIVE_DIR: join(disk, 'metrics') } })

  test('keeps every series that has its place exact, and shows new ones when this process answers', {
    timeout,
  }, async ({ stage }) => {
    const disk = smallDisk(stage)
    const writer = await stage.start('actor.mjs', on(disk))
    await writer.ask('count', 'before_total', {}, 10)
    await writer.ask('observe', 'before_seconds', {}, 10)
    const placed = await fillWithSeries(writer)
    expect(placed).toBeGreaterThan(100)

    await writer.ask('count', 'before_total', {}, 1_000)
    await writer.ask('observe', 'before_seconds', {}, 1_000)
    await writer.ask('count', 'late_total', {}, 5)
    await writer.ask('countMany', 'many_total', 0, placed)
    const own = await scrapeOf(writer)
    expect(own.value('before_total')).toBe(1_010)
    expect(own.value('before_seconds_count')).toBe(1_010)
    expect(own.value('late_total')).toBe(5)
    const outside = await until(
      async () => (await readDirectory(join(disk, 'metrics'))).scrape,
      (scrape) => scrape.value('before_total') === 1_010 && scrape.value('before_seconds_sum') === 1_010,
    )
    expect(outside.value('late_total')).toBeUndefined()
    const faults = await writer.ask<{ code: string }[]>('faults')
    expect(faults.map(({ code }) => code)).toEqual(['STORE_FULL'])
  })

  test('moves series that did not fit to the disk when there is space again, and continues to count', {
    timeout,
  }, async ({ stage }) => {
    const disk = smallDisk(stage)
    const writer = await stage.start('actor.mjs', on(disk))
    await writer.ask('count', 'before_total', {}, 10)
    const free = fillUp(disk)
    await fillWithSeries(writer)
    await writer.ask('count', 'late_total', {}, 5)
    free()
    await writer.ask('count', 'newest_total', {}, 7)
    await writer.ask('count', 'late_total', {}, 5)
    const outside = await until(
      async () => (await readDirectory(join(disk, 'metrics'))).scrape,
      (scrape) => scrape.value('late_total') === 10 && scrape.value('newest_total') === 7,
    )
    expect(outside.value('before_total')).toBe(10)
    // It has moved all of them when it has answered; a reader may see it while it does.
    const own = await scrapeOf(writer)
    expect(own.value('late_total')).toBe(10)
    const { scrape: moved } = await readDirectory(join(disk, 'metrics'))
    expect(moved.labelled('many_total')).toEqual(own.labelled('many_total'))
  })

  test('does not stop a process that starts on it: it counts, reports the fault, and takes a seat when there is space', {
    timeout,
  }, async ({ stage }) => {
    const disk = smallDisk(stage)
    const first = await stage.start('actor.mjs', on(disk))
    await first.ask('count', 'first_total', {}, 3)
    await until(
      async () => (await readDirectory(join(disk, 'metrics'))).scrape,
      (scrape) => scrape.value('first_total') === 3,
    )
    const free = fillUp(disk)
    const second = await stage.start('actor.mjs', on(disk))
    await second.ask('count', 'second_total', {}, 4)
    const own = await scrapeOf(second)
    expect(own.value('second_total')).toBe(4)
    expect(own.value('first_total')).toBe(3)
    const faults = await second.ask<{ code: string }[]>('faults')
    expect(faults.length).toBeGreaterThan(0)
    free()
    await second.ask('count', 'second_total', {}, 4)
    await until(
      async () => (await readDirectory(join(disk, 'metrics'))).scrape,
      (scrape) => scrape.value('second_total') === 8 && scrape.value('first_total') === 3,
    )
  })

  test('shows a gauge of each worker under its own seat, whether it fitted or not', { timeout }, async ({ stage }) => {
    const disk = smallDisk(stage)
    const first = await stage.start('actor.mjs', on(disk))
    await first.ask('setGauge', 'level', 'all', 1)
    await until(
      async () => (await readDirectory(join(disk, 'metrics'))).scrape,
      (scrape) => scrape.total('level') === 1,
    )
    const second = await stage.start('actor.mjs', on(disk))
    await second.ask('count', 'second_total')
    await fillWithSeries(second)
    await second.ask('setGauge', 'level', 'all', 2)
    expect((await scrapeOf(second)).labelled('level')).toEqual({ 'worker="1"': 1, 'worker="2"': 2 })
  })
})

async function scrapeOf(actor: Actor): Promise<Exposition> {
  return new Exposition(await actor.ask('scrape'))
}

/** Creates series until there is no space; returns their number. */
async function fillWithSeries(writer: Actor): Promise<number> {
  for (let from = 0; ; from += 500) {
    await writer.ask('countMany', 'many_total', from, 500)
    const faults = await writer.ask<{ code: string }[]>('faults')
    if (faults.length > 0) return from
    if (from > 500_000) throw new Error('the disk is never full')
  }
}
