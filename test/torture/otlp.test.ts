import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OtlpReceiver } from '../helpers/otlp-receiver.js'
import type { Actor } from '../helpers/processes/actor.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const program = fileURLToPath(new URL('../export/otlp/programs/sends.mjs', import.meta.url))
const rounds = 12

type Environment = (stage: Stage) => Promise<Record<string, string>>

const backends: readonly [string, Environment][] = [
  ...sharedBackends.map(({ backend, env }): [string, Environment] => [
    backend,
    async (stage) => ({ ...env, PROMHIVE_DIR: stage.directory() }),
  ]),
  ...(hasRedis
    ? [
        [
          'redis',
          async (stage) => ({
            PROMHIVE_BACKEND_CLASS: 'promhive/redis#redis',
            PROMHIVE_REDIS_URL: `redis://127.0.0.1:${(await startRedis(stage)).port}`,
          }),
        ] satisfies [string, Environment],
      ]
    : []),
]

describe.each(backends)('OTLP while senders are killed and the receiver fails (%s)', (_, environment) => {
  test.for(['cumulative', 'delta'] as const)(
    '%s: the receiver has what was counted',
    async (temporality, { stage }) => {
      const receiver = await OtlpReceiver.start(stage)
      const env = { ...(await environment(stage)), OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }
      const witness = await stage.start(program, { env })
      const settings = { interval: 0.05, timeout: 0.5, temporality }
      const senders: Actor[] = []
      const start = async () => {
        const sender = await stage.start(program, { env })
        await sender.ask('start', settings)
        senders.push(sender)
      }
      for (let i = 0; i < 3; i++) await start()
      let counted = 0
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < 20; i++) {
          receiver.answer = i % 5 === 0 ? { status: 503 } : {}
          await witness.ask('count', 'jobs_total', { queue: String(i % 3) }, 1, round + i)
          counted += round + i
          await pause(10)
        }
        receiver.answer = {}
        await senders.splice(round % senders.length, 1)[0]!.kill()
        await start()
      }
      const total = (): number =>
        temporality === 'cumulative' ? (receiver.total('jobs_total') ?? 0) : receiver.sumOfIntervals('jobs_total')
      await until(total, (sum) => sum === counted, 60_000)
      await Promise.all(senders.map((sender) => sender.ask('stop')))
      expect(total()).toBe(counted)
    },
  )
})
