import { connect } from 'node:http2'
import { describe, expect } from 'vitest'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'

const timeout = 120_000

const conventions = [
  ['gunicorn', ['--compat', 'gunicorn', '--host', '127.0.0.1'], 'gunicorn_worker_'],
  ['of promhive run', [], 'app_worker_'],
] as const

describe.runIf(process.platform === 'linux').each(conventions)('the names %s', (_, more, prefix) => {
  const start = async (stage: Stage, app: string): Promise<SupervisedApplication & { port2: number }> => {
    const port2 = await freePort()
    const args = ['--workers', '1', '--dir', stage.directory(), ...more]
    const running = await SupervisedApplication.start(stage, { app, args, env: { PORT2: String(port2) } })
    return Object.assign(running, { port2 })
  }
  const errors = (type: string) =>
    `${prefix}error_handling_total{endpoint="/orders/:id",error_type="${type}",method="GET",worker_id="1"}`
  const failed = `${prefix}failed_requests_total{endpoint="/orders/:id",method="GET",worker_id="1"}`

  test('have the values of setRoute and setError, without --register', { timeout }, async ({ stage }) => {
    const app = await start(stage, 'notes.mjs')
    await app.ask('/orders/7')
    await app.ask('/orders/8')
    await app.ask('/')
    await app.shows((seen) => seen.value(errors('OutOfStock')) === 2 && seen.value(failed) === 2)
    // Over HTTP/2, too.
    const session = connect(`http://127.0.0.1:${app.port2}`)
    stage.after(() => session.destroy())
    await new Promise((resolve) => session.request({ ':path': '/orders/9' }).resume().on('close', resolve))
    await app.shows((seen) => seen.value(errors('OutOfStock')) === 3 && seen.value(failed) === 3)
    await app.ask('/hang-up').catch(() => {})
    const seen = await app.shows((scrape) => scrape.value(errors('OutOfStock')) === 4)
    expect(seen.total(`${prefix}failed_requests_total`)).toBe(4)
    expect(seen.total(`${prefix}requests_total`)).toBe(5)
  })

  test('have what a middleware knows', { timeout }, async ({ stage }) => {
    const app = await start(stage, 'notes-express.mjs')
    await app.ask('/orders/7')
    await app.shows((seen) => seen.value(errors('OutOfStock')) === 1 && seen.value(failed) === 1)
  })
})
