// A process with several exporters of the same kind.
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { Counter, Registry } from 'promhive'
import { startOtlp } from 'promhive/otlp'
import { startRemoteWrite } from 'promhive/remote-write'
import { startStatsd } from 'promhive/statsd'
import { startTextFile } from 'promhive/text-file'
import { answer } from '../../processes/programs/stagehand.mjs'

const start = { otlp: startOtlp, remoteWrite: startRemoteWrite, statsd: startStatsd, textFile: startTextFile }
const exporters = []

answer({
  /** Starts an exporter of the default registry, or of a new one of this name, in which it counts. */
  start(kind, options, name) {
    const registry = name === undefined ? undefined : new Registry({ name })
    if (registry !== undefined) new Counter({ name: 'jobs_total', help: 'X.', registers: [registry] }).inc(100)
    exporters.push(start[kind]({ interval: 3600, ...options, registry }))
  },
  /** Starts a worker that counts with this process. */
  fork() {
    cluster.setupPrimary({ exec: fileURLToPath(new URL('counts.mjs', import.meta.url)) })
    cluster.fork()
  },
  /** Sends with all exporters; returns the result of each. */
  send: () => Promise.all(exporters.map((exporter) => exporter.send())),
  /** Sends the last numbers with all exporters, and ends them. */
  stop: () => Promise.all(exporters.splice(0).map((exporter) => exporter.stop())),
})
