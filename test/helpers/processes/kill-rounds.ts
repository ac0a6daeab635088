import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { headerSize, valuesName } from '../../../src/store/shared/format.js'
import { Head } from '../../../src/store/shared/head.js'
import { wentBack } from './exposition.js'
import { below } from './random.js'
import { filesIn, Reader } from './reading.js'
import type { Stage } from './stage.js'
import { pause, until } from './until.js'

export interface KillRounds {
  readonly rounds: number
  readonly env: Readonly<Record<string, string>>
  readonly random: () => number
  /** Longest time that a writer lives after its first acknowledgement, in milliseconds. */
  readonly longestLife: number
  /** Whether a kill may lose the counts since the last flush. */
  readonly losesLastInterval: boolean
}

const step = 20

/**
 * Starts a writer, kills it at a random moment, and checks its counts; repeatedly on one directory.
 * After each round: acknowledged counts are there, nothing decreased, the seat and the number of files are the same.
 */
export async function killRounds(stage: Stage, options: KillRounds): Promise<void> {
  const { rounds, env, random, longestLife, losesLastInterval } = options
  const directory = stage.directory()
  // One process must stay alive: if all have ended, the next one begins a new run.
  const keeper = await stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
  await keeper.ask('count', 'keeper_total')
  const outside = new Reader(directory)
  let before = await outside.scrape()
  let files: string[] | undefined
  for (let round = 1; round <= rounds; round++) {
    const writer = stage.launch('counts-until-killed.mjs', {
      env: { ...env, PROMHIVE_DIR: directory },
      args: [String(step)],
    })
    await until(
      () => writer.output,
      (output) => output.includes('\n') || !writer.running,
    )
    await pause(below(random, longestLife))
    const { signal } = await writer.kill()
    expect(signal, `round ${round}: ${writer.errors}`).toBe('SIGKILL')

    const acknowledged = acks(writer.output)
    const newest = acknowledged.at(-1)!.count
    const flushed = losesLastInterval ? heartbeatOf(directory) : Number.POSITIVE_INFINITY
    const safe = acknowledged.findLast(({ time }) => time < flushed)?.count ?? 0
    const { scrape, writers, errors } = await outside.read()
    const label = `round ${round}`
    expect(errors, label).toEqual([])
    expect(wentBack(before, scrape), label).toEqual([])
    for (const name of ['plain_total', 'labelled_total', 'observed_count', 'observed_sum']) {
      const counted = scrape.total(name) - before.total(name)
      // Killed between two lines: one of them may be done and the other not; a record may lack its last store.
      expect(counted, `${label}: ${name}, ${safe} acknowledged`).toBeGreaterThanOrEqual(safe - slackOf(name))
      expect(counted, `${label}: ${name}`).toBeLessThanOrEqual(newest + 2 * step)
    }
    expect(
      writers.map(({ seat, live, epoch }) => ({ seat, live, epoch })),
      label,
    ).toEqual([
      { seat: 1, live: true, epoch: 1 },
      { seat: 2, live: false, epoch: round },
    ])
    // From the second owner on: the first takeover without locks leaves a claim, which is one file permanently.
    if (round === 2) files = filesIn(directory)
    if (files !== undefined) expect(filesIn(directory).map(withoutId), label).toEqual(files.map(withoutId))
    before = scrape
  }
}

/** The whole lines that the writer got out. */
function acks(output: string): { count: number; time: number }[] {
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n')
  return lines.map((line) => {
    const [count = 0, time = 0] = line.split(' ').map(Number)
    return { count, time }
  })
}

/** A sum may miss the one observation that was being stored. */
function slackOf(name: string): number {
  return name === 'observed_sum' ? 1 : 0
}

/** When a buffered owner last wrote, in milliseconds. */
function heartbeatOf(directory: string): number {
  const head = new Head(new Uint8Array(headerSize))
  const fd = openSync(join(directory, valuesName(2)), 'r')
  try {
    readSync(fd, head.bytes, 0, headerSize, 0)
  } finally {
    closeSync(fd)
  }
  return head.heartbeat * 1000
}

/** The name of a claim is random. */
function withoutId(name: string): string {
  return name.replace(/claim-[0-9a-f]+$/, 'claim')
}
