import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Counter, Gauge, Histogram } from '../../src/index.js'
import { gaugeModes } from '../../src/model/metric-type.js'
import { freshDirectory, TestProcess } from '../helpers/homes.js'
import { shown } from '../helpers/samples.js'

/** Owners of seats, in one process: each takes one, counts and releases it, as the kernel does for a process that ends. */
const owners = Number(process.env.PROMHIVE_TORTURE_OWNERS ?? 10_000)
const atATime = 4

test('ten thousand workers that come and go leave every count, four seats, and scrapes that take no longer', async () => {
  const directory = freshDirectory()
  const resident = new TestProcess(directory)
  const registers = [resident.registry]
  new Counter({ name: 'lives_total', help: 'L.', registers }).inc(0)
  const bytes = (): number =>
    readdirSync(directory).reduce((sum, file) => sum + statSync(join(directory, file)).size, 0)
  const milliseconds: number[] = []
  let early = 0
  for (let owner = 0; owner < owners; owner += atATime) {
    const lives = Array.from({ length: atATime }, () => new TestProcess(directory))
    for (const [i, life] of lives.entries()) live(life, owner + i)
    for (const life of lives) life.end()
    if (owner % 100 > 0) continue
    const began = performance.now()
    const seen = await shown(resident.registry)
    milliseconds.push(performance.now() - began)
    expect(seen.lives_total).toBe(owner + atATime)
    if (owner === 500) early = bytes()
  }
  const seen = await shown(resident.registry)
  expect(seen).toMatchObject({ lives_total: owners, seconds_count: owners, 'kinds_total{kind="1"}': owners / 4 })
  expect(seen).toMatchObject({ g_sum: owners, g_max: owners, g_mostrecent: owners })
  expect(Object.keys(seen).filter((sample) => sample.startsWith('g_live'))).toEqual([])
  expect(readdirSync(directory).filter((file) => file.endsWith('.values')).length).toBe(atATime + 1)
  expect(bytes()).toBeLessThanOrEqual(early)
  const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1]!
  console.log(
    `scrapes: ${median(milliseconds.slice(0, 20))} ms at first, ${median(milliseconds.slice(-20))} ms at last`,
  )
})

function live(life: TestProcess, number: number): void {
  const registers = [life.registry]
  new Counter({ name: 'lives_total', help: 'L.', registers }).inc()
  new Counter({ name: 'kinds_total', help: 'K.', labelNames: ['kind'], registers }).inc({ kind: number % 4 })
  new Histogram({ name: 'seconds', help: 'S.', buckets: [1], registers }).observe(1)
  for (const mode of gaugeModes) {
    const gauge = new Gauge({ name: `g_${mode}`, help: 'G.', labelNames: ['a'], mode, registers })
    gauge.set({} as never, mode.endsWith('sum') ? 1 : number + 1)
  }
}
