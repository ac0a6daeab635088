import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OtlpReceiver } from '../../helpers/otlp-receiver.js'
import { promhiveServe } from '../../helpers/processes/command.js'
import { type Stage, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'
import { hasStatsd, StatsdServer } from '../../helpers/statsd/statsd-server.js'

/*
 * `promhive serve` keeps what it has sent beside the counts, so the application continues from it, and the other way round.
 */

const program = fileURLToPath(new URL('../../export/programs/several.mjs', import.meta.url))

interface Destination {
  readonly options: object
  /** What the differences add up to. */
  sum(): number
}

const destinations: Readonly<Record<string, (stage: Stage) => Promise<Destination>>> = {
  async otlp(stage) {
    const receiver = await OtlpReceiver.start(stage)
    const options = { endpoint: receiver.url, temporality: 'delta' }
    return { options, sum: () => receiver.sumOfDeltas('jobs_total') }
  },
  ...(hasStatsd && {
    async statsd(stage: Stage) {
      const server = await StatsdServer.start(stage)
      return { options: { address: server.address }, sum: () => server.counter('jobs_total') ?? 0 }
    },
  }),
}

describe('promhive serve', () => {
  test.for(Object.keys(destinations))(
    'and the application send each difference of %s once, one after the other',
    async (kind, { stage }) => {
      const { options, sum } = await destinations[kind]!(stage)
      const directory = stage.directory()
      const settings = { env: { PROMHIVE_DIR: directory } }
      const silent = await stage.start(program, settings)
      await silent.ask('count', 'jobs_total', {}, 3)
      const exporters = JSON.stringify({ [kind]: { ...options, interval: 0.5, timeout: 30 } })
      const served = await promhiveServe(stage, ['--dir', directory], { PROMHIVE_EXPORTERS: exporters })
      const sender = await stage.start(program, settings)
      await sender.ask('start', kind, options)
      await until(sum, (seen) => seen >= 3)
      await silent.ask('count', 'jobs_total', {}, 5)
      const successor = await stage.start(program, settings)
      await successor.ask('start', kind, options)
      await sender.kill()
      await served.stop()
      await until(
        () => successor.ask('send') as Promise<string[]>,
        ([result]) => result === 'ok',
      )
      await until(sum, (seen) => seen >= 8)
      expect(sum()).toBe(8)
      expect(served.errors()).toBe('')
    },
  )
})
