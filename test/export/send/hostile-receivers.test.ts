import { describe, expect } from 'vitest'
import { EtcdClient } from '../../../src/export/discovery/etcd/etcd-client.js'
import { Counter, configure, Registry, register } from '../../../src/index.js'
import { startOtlp } from '../../../src/otlp.js'
import { Pushgateway } from '../../../src/pushgateway.js'
import { startRemoteWrite } from '../../../src/remote-write.js'
import { allTreatments, endlessMegabytes, HostileServer } from '../../helpers/http/hostile-server.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

configure({ onError: () => {} })

/** Seconds for one export. */
const timeout = 1

/** Everything that sends over HTTP: returns whether the receiver has taken one export. */
const senders = {
  OTLP: (stage, url) => {
    const exporter = startOtlp({ endpoint: url, registry: numbers(), interval: 3600, timeout })
    stage.after(() => exporter.stop())
    return async () => (await exporter.send()) === 'ok'
  },
  'remote write': (stage, url) => {
    const exporter = startRemoteWrite({ url, job: 'x', registry: numbers(), interval: 3600, timeout, metadata: false })
    stage.after(() => exporter.stop())
    return async () => (await exporter.send()) === 'ok'
  },
  'a Pushgateway': (_, url) => {
    const gateway = new Pushgateway(url, { timeout: timeout * 1000 }, numbers())
    return () => succeeds(gateway.push({ jobName: 'x' }))
  },
  etcd: (stage, url) => {
    const client = new EtcdClient({ endpoints: [url], login: undefined, tls: {}, timeout: timeout * 1000 })
    stage.after(() => client.close())
    return () => succeeds(client.call('/v3/kv/range', {}))
  },
} satisfies Record<string, (stage: Stage, url: string) => () => Promise<boolean>>

describe.each(Object.entries(senders))('%s', (_, sender) => {
  test.for(allTreatments)(
    'a server that %s: the answer is limited, and the next one counts',
    async (treatment, { stage }) => {
      const server = await HostileServer.start(stage)
      server.treatment = treatment
      const send = sender(stage, server.url)
      const began = performance.now()
      const first = await send()
      expect(performance.now() - began).toBeLessThan(10_000 * timeout)
      // A long answer is an answer.
      if (treatment === 'accepts') expect(first).toBe(true)
      else if (treatment !== 'sends an answer without an end') expect(first).toBe(false)
      expect(server.megabytes).toBeLessThan(endlessMegabytes / 4)
      server.treatment = 'accepts'
      expect(await send()).toBe(true)
    },
  )
})

test('exports that a receiver has refused completely count as failed, and not as a success', async ({ stage }) => {
  const server = await HostileServer.start(stage)
  server.treatment = 'redirects to itself'
  const before = await remoteWrites()
  const send = senders['remote write'](stage, server.url)
  await send()
  await send()
  const after = await remoteWrites()
  expect(after.failed - before.failed).toBe(2)
  expect(after.dropped - before.dropped).toBe(2)
  expect([after.ok, after.success]).toEqual([before.ok, before.success])
})

async function remoteWrites() {
  const text = await register.metrics()
  const value = (name: string): number =>
    Number(new RegExp(`^promhive_export${name.replaceAll(/[{}]/g, '\\$&')} (.+)$`, 'm').exec(text)?.[1] ?? 0)
  const labels = 'exporter="remoteWrite"'
  return {
    ok: value(`s_total{${labels},result="ok"}`),
    failed: value(`s_total{${labels},result="failed"}`),
    dropped: value(`_dropped_samples_total{${labels}}`),
    success: value(`_last_success_timestamp_seconds{${labels}}`),
  }
}

function numbers(): Registry {
  const registry = new Registry({ scope: 'process' })
  new Counter({ name: 'jobs_total', help: 'Jobs.', registers: [registry] }).inc()
  return registry
}

async function succeeds(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  )
}
