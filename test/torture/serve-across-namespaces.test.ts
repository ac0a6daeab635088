import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const wrapper = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const canUnshare =
  process.platform === 'linux' &&
  spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true'], { stdio: 'ignore' }).status === 0

test.skipIf(!canUnshare)(
  'without the addon, a killed process of another PID namespace leaves the live gauges after half a minute',
  { timeout: 180_000 },
  async ({ stage }) => {
    const env = { PROMHIVE_NATIVE: 'off', PROMHIVE_DIR: stage.directory() }
    const [stays, ends] = [
      await stage.start('actor.mjs', { env, wrapper }),
      await stage.start('actor.mjs', { env, wrapper }),
    ]
    for (const [i, actor] of [stays, ends].entries()) {
      await actor.ask('count', 'jobs_total', {}, 1)
      await actor.ask('setGauge', 'level', 'livesum', i + 1)
    }
    const served = await promhiveServe(stage, ['--dir', env.PROMHIVE_DIR], {}, wrapper)
    const scrape = async () => new Exposition((await ask(served.url)).body)
    await until(scrape, (seen) => seen.value('level') === 3)
    await ends.kill()
    const killed = performance.now()
    const after = await until(scrape, (seen) => seen.value('level') === 1)
    expect((performance.now() - killed) / 1000).toBeLessThan(35)
    expect(after.value('jobs_total')).toBe(2)
  },
)
