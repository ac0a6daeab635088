import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhive } from '../helpers/processes/command.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

describe.runIf(process.platform === 'linux')('hooks of promhive run', () => {
  test('are awaited before a worker is started, and run in order for each worker', { timeout }, async ({ stage }) => {
    const hooks = moduleOf(
      stage,
      `const slow = (name, id) => async (context) => {
  console.log('hook begins ' + name)
  await new Promise((resolve) => setTimeout(resolve, 300))
  console.log('hook ends ' + name)
}
export const beforeFork = slow('beforeFork')
export const workerStarted = slow('workerStarted')
export const workerReady = slow('workerReady')
export const workerExited = slow('workerExited')
export const stopped = slow('stopped')`,
    )
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--hooks', hooks] })
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    const told = [...app.output.matchAll(/hook (begins|ends) (\w+)/g)].map(([, when, name]) => `${name} ${when}`)
    expect(told).toEqual(
      ['beforeFork', 'workerStarted', 'workerReady', 'workerExited', 'stopped'].flatMap((name) => [
        `${name} begins`,
        `${name} ends`,
      ]),
    )
  })

  test('that fail later, or leave something running, neither end nor keep a process', {
    timeout,
  }, async ({ stage }) => {
    const hooks = moduleOf(
      stage,
      `export function ready() {
  setTimeout(() => { throw new Error('thrown late') })
  Promise.reject(new Error('rejected late'))
  setInterval(() => {}, 1000)
}`,
    )
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1', '--hooks', hooks] })
    await app.says(/thrown late/)
    await app.says(/rejected late/)
    await until(
      () => app.scrapeText(),
      (text) => text.includes('promhive_hook_failures_total{hook="late"} 2'),
    )
    expect(await app.ask()).toMatch(/^\d+$/)
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
  })

  test('REDIS_ENABLED begins nothing by itself, and is not passed over in silence', { timeout }, async ({ stage }) => {
    const app = await SupervisedApplication.start(stage, { args: ['--workers', '1'], env: { REDIS_ENABLED: 'true' } })
    expect(app.output).toContain('nothing here forwards: that is what the hook redisWhenReady does')
  })

  test('what would never be called is refused', { timeout }, async ({ stage }) => {
    const wrong = async (text: string): Promise<string> => {
      const { code, errors } = await promhive(stage, ['run', 'package.json', '--hooks', moduleOf(stage, text)])
      expect(code).toBe(1)
      return errors
    }
    expect(await wrong('export default function ready() {}')).toContain('exports no hooks: export functions')
    expect(await wrong('export const ready = 5')).toContain('the hook "ready" must be a function, got 5')
    expect(await wrong('export const readdy = () => {}')).toContain('there is no hook "readdy": there are starting')
  })

  test('run in the primary of an application as well, if the environment names them', { timeout }, async ({
    stage,
  }) => {
    const hooks = moduleOf(
      stage,
      `export const workerReady = ({ worker }) => console.log('of the module ' + worker.id)
export const stopped = () => console.log('never: code comes before')`,
    )
    const app = await SupervisedApplication.start(stage, { primary: 'own-primary.mjs', env: { PROMHIVE_HOOKS: hooks } })
    app.signal('SIGTERM')
    expect(await app.ended).toBe(0)
    // The primary's own hook of that name counts.
    expect(app.output).not.toContain('of the module')
    expect(app.output).toContain('hook workerReady 1')
    expect(app.output).toContain('hook stopped -')

    const other = moduleOf(stage, `export const post_fork = (_, worker) => console.log('of the module ' + worker.id)`)
    const beside = await SupervisedApplication.start(stage, {
      primary: 'own-primary.mjs',
      env: { PROMHIVE_HOOKS: other },
    })
    expect(beside.output).toContain('of the module 1')
    expect(beside.output).toContain('hook workerStarted 1')
  })
})

function moduleOf(stage: Stage, text: string): string {
  const path = join(stage.folder(), 'hooks.mjs')
  writeFileSync(path, text)
  return path
}
