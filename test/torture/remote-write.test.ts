import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { hasPrometheus } from '../helpers/prometheus-server.js'
import { PrometheusReceiver } from '../helpers/remote-write/prometheus-receiver.js'

const program = fileURLToPath(new URL('../export/remote-write/programs/writes.mjs', import.meta.url))

describe.runIf(hasPrometheus).each(sharedBackends)('remote write to a real Prometheus ($backend)', ({ env }) => {
  test('has the exact total and refuses nothing, whichever process is killed, and while it is killed itself', async ({
    stage,
  }) => {
    const prometheus = await PrometheusReceiver.start(stage)
    const directory = stage.directory()
    const options = { url: prometheus.url, job: 'shop', interval: 0.2, timeout: 1.5 }
    const processes: Actor[] = []
    for (let i = 0; i < 4; i++) processes.push(await startSender(stage, { ...env, PROMHIVE_DIR: directory }, options))
    let total = 0
    for (let round = 0; round < 12; round++) {
      await Promise.all(processes.map((one, i) => one.ask('count', 'jobs_total', {}, (i + 1) * 10)))
      total += 100
      // A buffered writer has written its counts after 100 ms.
      await pause(250)
      const sends = await Promise.all(processes.map((one) => one.ask('last')))
      const sender = sends.findIndex((last) => last !== 'standby')
      const victim = round % 2 === 0 && sender >= 0 ? sender : round % 4
      await processes[victim]!.kill()
      if (round % 4 === 1) {
        await prometheus.stop(round % 8 === 1 ? 'SIGKILL' : 'SIGTERM')
        await pause(1_000)
        await prometheus.start()
      }
      processes[victim] = await startSender(stage, { ...env, PROMHIVE_DIR: directory }, options)
      await until(
        () => prometheus.value('jobs_total'),
        (found) => found === total,
      )
    }
    const last = processes.pop()!
    for (const one of processes) {
      await one.ask('stop')
      await one.kill()
    }
    await until(
      async () => String(await last.ask('scrape')),
      (scrape) => scrape.includes('promhive_writers{state="live"} 1\n'),
    )
    // Without the addon, the lease is free after five seconds.
    await until(
      () => last.ask('last'),
      (result) => result === 'ok',
    )
    await last.ask('stop')
    expect(await last.ask('last'), last.errors).toBe('ok')
    expect(await prometheus.query('jobs_total')).toEqual([])
    expect(await prometheus.value('last_over_time(jobs_total[10m])')).toBe(total)
    const samples = await prometheus.samples('jobs_total')
    expect(samples).toEqual([...samples].sort((a, b) => a - b))
    expect(await prometheus.refused()).toBe(0)
  })
})

async function startSender(stage: Stage, env: Readonly<Record<string, string>>, options: object): Promise<Actor> {
  const actor = await stage.start(program, { env })
  await actor.ask('start', options)
  return actor
}
