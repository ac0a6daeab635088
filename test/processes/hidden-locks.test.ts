import { spawnSync } from 'node:child_process'
import { describe, expect } from 'vitest'
import { loadBinding } from '../../src/platform/addon.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'

const timeout = 120_000
/** As a unit of systemd with ProcSubset=pid: processes are listed, and locks are not. */
const wrapper = ['unshare', '--mount', 'sh', '-c', 'mount -t proc -o subset=pid proc /proc && exec "$0" "$@"']
const canHide =
  process.platform === 'linux' &&
  loadBinding().binding !== undefined &&
  spawnSync(wrapper[0]!, [...wrapper.slice(1), 'sh', '-c', '! test -e /proc/locks']).status === 0

describe.skipIf(!canHide)('without /proc/locks (needs the right to mount)', () => {
  test('promhive serve with the addon reads which processes live', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('setGauge', 'level', 'livesum', 3)
    const served = await promhiveServe(stage, ['--dir', directory], {}, wrapper)
    expect(new Exposition((await ask(served.url)).body).value('level')).toBe(3)
    await actor.kill()
    expect(new Exposition((await ask(served.url)).body).value('level')).toBeUndefined()
  })

  test('promhive serve without the addon does not show living processes as dead', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('setGauge', 'level', 'livesum', 3)
    const served = await promhiveServe(stage, ['--dir', directory], { PROMHIVE_NATIVE: 'off' }, wrapper)
    const { status, body } = await ask(served.url)
    expect([status, body]).toEqual([503, expect.stringContaining('without ProcSubset=pid')])
    expect((await ask(served.url.replace('/metrics', '/readyz'))).body).toContain(
      'not ready: the metrics cannot be read (locks)',
    )
  })

  test('a process without the addon does not begin a new run over living ones', { timeout }, async ({ stage }) => {
    const directory = stage.directory()
    const first = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await first.ask('count', 'jobs_total', {}, 5)
    const second = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory, PROMHIVE_NATIVE: 'off' }, wrapper })
    await second.ask('count', 'jobs_total', {}, 100)
    expect(second.errors).toContain('without ProcSubset=pid')
    await first.ask('count', 'jobs_total', {}, 1)
    expect(new Exposition(await first.ask('scrape')).value('jobs_total')).toBe(6)
  })
})
