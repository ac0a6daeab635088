import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { begin } from '../helpers/processes/command.js'
import { root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'

/** The start lines that the processes of an application have printed. */
const linesOf = ({ errors }: Actor): string[] => errors.match(/^promhive: .*metrics at .*$/gm) ?? []

/** An application of which each worker opens a metrics port, when all of them have tried. */
async function started(stage: Stage, env: Readonly<Record<string, string>>): Promise<Actor> {
  const app = stage.launch('metrics-in-each-worker.mjs', { env: { PROMHIVE_DIR: stage.directory(), ...env } })
  await until(
    () => app.output.includes('all are ready') || !app.running,
    (done) => done,
  )
  expect(app.errors).not.toMatch(/Error/)
  return app
}

/** Kills the worker that serves a URL, and waits until its successor has tried to open its port. */
async function killOwner(app: Actor, url: string): Promise<void> {
  const [, pid] = app.output.match(new RegExp(`worker (\\d+) serves ${url}`)) ?? []
  const before = app.output.split('\n').length
  process.kill(Number(pid), 'SIGKILL')
  await until(
    () => app.output.split('\n').length > before,
    (done) => done,
  )
  // Its line would come on another stream.
  await pause(100)
}

test('promhive run prints none with PROMHIVE_STARTUP=off', async ({ stage }) => {
  const port = await freePort()
  const program = join(root, 'test', 'processes', 'programs', 'idle-worker.mjs')
  const args = ['run', program, '--workers', '1', '--port', String(port)]
  const run = begin(stage, args, { PROMHIVE_STARTUP: 'off' })
  const ready = () => ask(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  await until(ready, (answer) => answer?.status === 200 || run.over())
  run.child.kill('SIGTERM')
  expect(await run.ended).toBe(0)
  expect(run.errors()).toMatch(/^promhive: stopping/)
})

describe('startMetricsServer() in every worker', () => {
  test('prints one line for the application, with the page, also when the port moves', async ({ stage }) => {
    const port = await freePort()
    const app = await started(stage, { METRICS_PORT: String(port) })
    const base = `http://127.0.0.1:${port}/`
    await until(
      () => linesOf(app).length,
      (count) => count > 0,
    )
    expect(linesOf(app)).toEqual([`promhive: page at ${base}; metrics at ${base}metrics`])
    expect((await ask(base)).headers['content-type']).toContain('text/html')
    await killOwner(app, `${base}metrics`)
    expect((await ask(`${base}metrics`)).status).toBe(200)
    expect(linesOf(app)).toHaveLength(1)
    expect(app.output).not.toContain('promhive')
  })

  test.for<{ readonly PROMHIVE_NATIVE?: string }>([{}, { PROMHIVE_NATIVE: 'off' }])(
    'prints one line if each opens a port of its own, and another when that is gone, with %j',
    async (env, { stage }) => {
      const app = await started(stage, { METRICS_PORT: '0', ...env })
      await until(
        () => linesOf(app).length,
        (count) => count > 0,
      )
      expect(linesOf(app)).toHaveLength(1)
      // Without the addon, the end of a process is noticed later.
      if (env.PROMHIVE_NATIVE === 'off') return
      const [, first] = /metrics at (\S+)/.exec(linesOf(app)[0]!)!
      await killOwner(app, first!)
      await until(
        () => linesOf(app).length,
        (count) => count > 1,
      )
      expect(linesOf(app)[1]).not.toContain(first)
    },
  )

  test('prints nothing with PROMHIVE_STARTUP=off', async ({ stage }) => {
    const app = await started(stage, { METRICS_PORT: '0', PROMHIVE_STARTUP: 'off' })
    expect(app.errors).not.toContain('metrics at')
  })
})
