import { rmSync } from 'node:fs'
import { expect } from 'vitest'
import { filesIn, Reader } from '../processes/reading.js'
import type { Stage } from '../processes/stage.js'
import { churn, dieAt, firstLife, wrongAfter } from './dying.js'

export interface Rounds {
  readonly env: Readonly<Record<string, string>>
  /** How far one crash is from the next: 1 crashes before every call. */
  readonly every: number
}

/** A process dies before each of the calls with which it makes its directory, its seat and its first series. */
export async function dieWhileCreating(stage: Stage, { env, every }: Rounds): Promise<number> {
  const directory = stage.directory()
  for (let nth = 1; ; nth += every) {
    rmSync(directory, { recursive: true, force: true })
    const death = dieAt(nth, directory, firstLife, env)
    const { scrape, errors } = await new Reader(directory).read()
    const round = `killed before call ${nth}`
    expect(errors, round).toEqual([])
    expect(wrongAfter(new Map(), firstLife, death, scrape, 'PROMHIVE_NATIVE' in env), round).toEqual([])
    // All processes have ended: the next one begins a new run, and nothing is left of this one.
    const next = dieAt(0, directory, firstLife, env)
    const fresh = await new Reader(directory).scrape()
    expect(wrongAfter(new Map(), firstLife, next, fresh, 'PROMHIVE_NATIVE' in env), round).toEqual([])
    expect(filesIn(directory), round).toEqual(['0001.series', '0001.values', 'control'])
    if (death.whole) return nth
  }
}

/** One process after the other takes the seat of the last one, and dies before the next call. */
export async function dieWhileInheriting(stage: Stage, { env, every }: Rounds): Promise<number> {
  const directory = stage.directory()
  // One process must stay alive: if all have ended, the next one begins a new run.
  const keeper = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
  await keeper.ask('count', 'keeper_total')
  // This writes its counts, if it is buffered.
  await keeper.ask('scrape')
  const buffered = 'PROMHIVE_NATIVE' in env
  const reader = new Reader(directory)
  let base = (await reader.scrape()).samples
  for (let nth = 1; ; nth += every) {
    const death = dieAt(nth, directory, churn, env)
    const round = `killed before call ${nth}`
    const { scrape, errors } = await reader.read()
    // Between the new series file and the head that is written after it; its numbers are right nevertheless.
    const grave = errors.filter(({ reason }) => !buffered || reason !== 'missing_lines')
    expect(grave, round).toEqual([])
    expect(wrongAfter(base, churn, death, scrape, buffered), round).toEqual([])
    const own = filesIn(directory).filter((name) => /^\d+\.(?:values|series|exemplars)$/.test(name))
    expect(own.length, `${round}: ${own.join(' ')}`).toBeLessThanOrEqual(4)
    base = scrape.samples
    if (death.whole) return nth
  }
}
