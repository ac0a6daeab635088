import { spawnSync } from 'node:child_process'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { filesIn, readDirectory } from '../helpers/processes/reading.js'
import { allSharedBackends, type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000
const unshare = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
/** Whether this user may make a PID namespace, as a container has one. */
const canUnshare =
  process.platform === 'linux' &&
  spawnSync(unshare[0]!, [...unshare.slice(1), 'true'], { stdio: 'ignore' }).status === 0

describe.skipIf(!canUnshare).each(allSharedBackends)(
  '$backend: two containers share a directory (needs the right to make namespaces)',
  ({ env }) => {
    test('and both count, though both are process 1', { timeout }, async ({ stage }) => {
      const directory = stage.directory()
      const [one, two] = [await contained(stage, directory), await contained(stage, directory)]
      expect(await one.ask('facts')).toMatchObject({ pid: 1 })
      expect(await two.ask('facts')).toMatchObject({ pid: 1 })
      for (const [i, actor] of [one, two].entries()) {
        await actor.ask('count', 'jobs_total', { who: String(i) }, 10 * (i + 1))
        await actor.ask('setGauge', 'level', 'liveall', i + 1)
      }
      for (const actor of [one, two]) {
        const scrape = await until(
          async () => new Exposition(await actor.ask('scrape')),
          (seen) => seen.total('jobs_total') === 30 && seen.total('level') === 3,
        )
        expect(scrape.labelled('jobs_total')).toEqual({ 'who="0"': 10, 'who="1"': 20 })
        expect(scrape.labelled('level')).toEqual({ 'worker="1"': 1, 'worker="2"': 2 })
      }
      expect(filesIn(directory).filter((name) => name.endsWith('.values'))).toHaveLength(2)

      await two.kill()
      await one.ask('count', 'jobs_total', { who: '0' }, 1)
      const after = await until(
        async () => new Exposition(await one.ask('scrape')),
        (seen) => seen.total('jobs_total') === 31 && seen.total('level') === 1,
      )
      expect(after.labelled('jobs_total')).toEqual({ 'who="0"': 11, 'who="1"': 20 })
      expect(after.labelled('level')).toEqual({ 'worker="1"': 1 })

      const three = await contained(stage, directory)
      await three.ask('count', 'jobs_total', { who: '2' }, 5)
      const { writers } = await readDirectory(directory)
      expect(writers.map(({ seat, epoch }) => [seat, epoch])).toEqual([
        [1, 1],
        [2, 2],
      ])
    })

    function contained(stage: Stage, directory: string): Promise<Actor> {
      return stage.start('actor.mjs', { env: { ...env, PROMHIVE_DIR: directory }, wrapper: unshare })
    }
  },
)
