import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition, wentBack } from '../helpers/processes/exposition.js'
import { test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

const program = fileURLToPath(new URL('../examples/programs/files.mjs', import.meta.url))
const rounds = 25
const together = 4
/** Milliseconds of silence after which a process is taken for dead. */
const liveFor = 1_500

test('snapshots: killed at any moment, nothing acknowledged is lost or counted twice, and no total goes back', async ({
  stage,
}) => {
  const folder = stage.folder()
  const options = { args: [folder, String(liveFor)] }
  const witness = await stage.start(program, options)
  let acknowledged = 0
  let counted = 0
  let over = false
  const faults: string[] = []
  const watching = (async () => {
    let before: Exposition | undefined
    while (!over) {
      const now = new Exposition(await witness.ask<string>('scrape'))
      if (before !== undefined) faults.push(...wentBack(before, now))
      before = now
      await pause(5)
    }
  })()
  for (let round = 0; round < rounds; round++) {
    const actors = await Promise.all(Array.from({ length: together }, () => stage.start(program, options)))
    await Promise.all(
      actors.map(async (actor, i) => {
        const amount = round * together + i + 1
        counted += amount
        await actor.ask('count', 'jobs_total', {}, 1, amount)
        if (i % 2 === 0) {
          await actor.ask('flush')
          acknowledged += amount
        }
        if (i === 3) await pause(Math.random() * 30)
        await (i === 1 ? leave(actor) : actor.kill())
        if (i === 1) acknowledged += amount
      }),
    )
    if (round % 5 === 4) await pause(liveFor)
  }
  await pause(liveFor)
  over = true
  await watching
  const last = await until(
    async () => new Exposition(await witness.ask<string>('scrape')),
    (seen) => (seen.value('jobs_total') ?? 0) >= acknowledged,
  )
  expect(last.value('jobs_total')).toBeLessThanOrEqual(counted)
  expect(faults).toEqual([])
  console.log(
    `snapshots: ${rounds * together} processes, ${acknowledged} acknowledged, ${last.value('jobs_total')} shown, ${counted} counted; ${readdirSync(folder).length} files left`,
  )
  // As many as were not yet taken for dead when the next ones began, and no more.
  expect(readdirSync(folder).length).toBeLessThan(rounds * together * 0.8)
}, 600_000)

/** Ends by itself: its last numbers are out when it is gone. */
async function leave(actor: Actor): Promise<void> {
  await actor.ask('exit')
  await actor.ended
}
