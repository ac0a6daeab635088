import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { test } from '../helpers/processes/stage.js'
import { SupervisedApplication } from '../helpers/processes/supervised.js'
import { until } from '../helpers/processes/until.js'
import { udpSums } from '../helpers/statsd/udp-sums.js'

const program = fileURLToPath(new URL('programs/several.mjs', import.meta.url))
const backend = fileURLToPath(new URL('../../examples/backends/files-backend.mjs', import.meta.url))

describe('a backend without leases', () => {
  test.for([
    ['statsd', { address: 'udp://127.0.0.1:9' }],
    ['otlp', { endpoint: 'http://127.0.0.1:9', temporality: 'delta' }],
  ] as const)(
    'sends no differences by %s, because every process would send those of all',
    async ([kind, options], { stage }) => {
      const env = {
        PROMHIVE_BACKEND_CLASS: `${backend}#FilesBackend`,
        PROMHIVE_BACKEND_CONFIG: JSON.stringify({ folder: stage.folder() }),
      }
      const actor = await stage.start(program, { env })
      await actor.ask('count', 'jobs_total', {}, 3)
      await actor.ask('start', kind, options)
      await until(
        () => actor.ask('faults') as Promise<{ code: string; message: string }[]>,
        (faults) => faults.some(({ message }) => message.includes('the backend "files" has no lease()')),
      )
      expect(await actor.ask('send')).toEqual(['failed'])
    },
  )

  test('sends the differences of each process, and those of all from a supervisor', async ({ stage }) => {
    const env = {
      PROMHIVE_BACKEND_CLASS: `${backend}#FilesBackend`,
      PROMHIVE_BACKEND_CONFIG: JSON.stringify({ folder: stage.folder() }),
    }
    const server = await udpSums(stage)
    const { address } = server
    const actor = await stage.start(program, { env })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.ask('start', 'statsd', { address, from: 'each' })
    expect(await actor.ask('send')).toEqual(['ok'])
    const exporters = JSON.stringify({ statsd: { address, prefix: 'all.' } })
    await SupervisedApplication.start(stage, { env: { ...env, PROMHIVE_EXPORTERS: exporters } })
    await until(
      () => server.sum('all.jobs_total'),
      (sum) => sum === 3,
    )
  })

  test('writes totals', async ({ stage }) => {
    const env = {
      PROMHIVE_BACKEND_CLASS: `${backend}#FilesBackend`,
      PROMHIVE_BACKEND_CONFIG: JSON.stringify({ folder: stage.folder() }),
    }
    const actor = await stage.start(program, { env })
    await actor.ask('start', 'textFile', { path: join(stage.folder(), 'a.prom') })
    expect(await actor.ask('send')).toEqual(['ok'])
  })
})
