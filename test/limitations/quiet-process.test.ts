import { describe } from 'vitest'
import { sharedBackends, test } from '../helpers/processes/stage.js'
import { one, program, shows, timeout } from './application.js'

/* A process that counts nothing itself and is never scraped still has values: those that its collectors return. */
describe.each(sharedBackends)('$backend: a process that only others ask for', { timeout }, ({ env }) => {
  test('publishes the families of its collector of run "each"', async ({ stage }) => {
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
    const asked = await stage.start(program, options)
    const quiet = await stage.start(program, options)
    const values = [{ value: 3 }]
    await quiet.ask('collector', 'pool', 'each', [{ name: 'pool_idle', help: 'Idle.', type: 'gauge', values }])
    await shows(asked, 'pool_idle', one(3))
  })

  test('publishes what the callback of its gauge with labels sets', async ({ stage }) => {
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
    const asked = await stage.start(program, options)
    const quiet = await stage.start(program, options)
    await quiet.ask('pulled', { name: 'pool_idle', help: 'Idle.', labelNames: ['kind'], value: 3 })
    await shows(asked, 'pool_idle', one(3))
  })
})
