import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { listedInFile, readAlways } from '../helpers/processes/listed-targets.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const program = fileURLToPath(new URL('../runtime/targets/programs/targets.mjs', import.meta.url))
const rounds = 60

test('sixty workers that are killed or exit, one after the other: the list is well-formed at every moment, and the sum over its targets is exact', async ({
  stage,
}) => {
  const fileSd = join(stage.folder(), 'shop.json')
  const primary = await stage.start(program, { env: { PROMHIVE_DIR: stage.directory() } })
  const reader = readAlways(fileSd)
  const living = new Map<string, string>()
  const startWorker = async (name: string): Promise<void> => {
    await primary.ask('startWorker', name)
    await primary.ask('askWorker', name, 'count', 'jobs_total', {})
    const { address } = await primary.ask<{ address: string }>('askWorker', name, 'target', { ports: 0, fileSd })
    living.set(name, address)
  }
  for (let i = 0; i < rounds; i++) {
    await startWorker(`worker-${i}`)
    if (living.size <= 4) continue
    const victim = [...living.keys()][Math.floor(Math.random() * living.size)]!
    living.delete(victim)
    if (i % 3 === 0) {
      await primary.ask('askWorker', victim, 'exit')
      await until(
        () => primary.ask('workerGone', victim),
        (gone) => gone === true,
      )
    } else await primary.ask('killWorker', victim, 'SIGKILL')
  }
  // The last one has the counts of the last victim.
  await startWorker('last')
  const listed = await until(
    () => listedInFile(fileSd) ?? {},
    (all) => String(Object.keys(all)) === String([...living.values()].toSorted()),
  )
  const shown = await Promise.all(Object.keys(listed).map((address) => ask(`http://${address}/metrics`)))
  const sum = shown.reduce((total, { body }) => total + new Exposition(body).total('jobs_total'), 0)
  expect(new Exposition((await primary.ask('scrape')) as string).total('jobs_total')).toBe(rounds + 1)
  expect(sum).toBe(rounds + 1)
  expect(reader.stop()).toBeGreaterThan(rounds)
})
