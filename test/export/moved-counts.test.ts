import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OtlpReceiver } from '../helpers/otlp-receiver.js'
import type { Actor } from '../helpers/processes/actor.js'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { udpSums } from '../helpers/statsd/udp-sums.js'

/*
 * Counts move to another store when the directory is removed, and when a process that counted alone starts workers.
 * Exporters of differences send them once, and totals keep their start.
 */

const program = fileURLToPath(new URL('programs/several.mjs', import.meta.url))

const moves = {
  'the directory is removed': async (_: Actor, directory: string) => rmSync(directory, { recursive: true }),
  'the process starts its first worker': (actor: Actor) => actor.ask('fork'),
}

describe.each(sharedBackends)('($backend)', ({ env }) => {
  test.for(Object.keys(moves) as (keyof typeof moves)[])('counts are sent once if %s', async (move, { stage }) => {
    const directory = stage.directory()
    const alone = move === 'the process starts its first worker'
    const actor = await stage.start(program, { env: { ...env, ...(!alone && { PROMHIVE_DIR: directory }) } })
    const [statsd, deltas, totals] = [
      await udpSums(stage),
      await OtlpReceiver.start(stage),
      await OtlpReceiver.start(stage),
    ]
    await actor.ask('count', 'jobs_total', {}, 5)
    await actor.ask('start', 'statsd', { address: statsd.address })
    await actor.ask('start', 'otlp', { endpoint: deltas.url, temporality: 'delta' })
    await actor.ask('start', 'otlp', { endpoint: totals.url })
    await sendsAll(actor)
    await moves[move](actor, directory)
    // A scrape notices it at once.
    for (let i = 0; i < 3; i++) await actor.ask('scrape')
    // Until the counts are in the new place.
    await until(
      async () => {
        await actor.ask('count', 'jobs_total')
        await sendsAll(actor)
        return actor.ask<string>('scrape')
      },
      (text) => !alone || text.includes('promhive_writers{state="live"} 2'),
    )
    for (let i = 0; i < 3; i++) await sendsAll(actor)
    const text = await actor.ask<string>('scrape')
    const total = Number(/^jobs_total (\d+)$/m.exec(text)![1])
    expect(total).toBeGreaterThan(5)
    await until(
      () => statsd.sum('jobs_total'),
      (sum) => sum >= total,
    )
    expect([statsd.sum('jobs_total'), deltas.sumOfDeltas('jobs_total'), totals.total('jobs_total')]).toEqual([
      total,
      total,
      total,
    ])
    const starts = totals.accepted.flatMap(({ metrics }) =>
      metrics.filter(({ name }) => name === 'jobs_total').map(({ points }) => points[0]!.startTimeUnixNano),
    )
    expect(new Set(starts).size).toBe(1)
  })
})

async function sendsAll(actor: Actor): Promise<void> {
  await until(
    () => actor.ask<string[]>('send'),
    (results) => results.every((result) => result === 'ok'),
  )
}
