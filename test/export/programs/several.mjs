// A process with several exporters of the same kind.
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
  /** Sends with all exporters; returns the result of each. */
  send: () => Promise.all(exporters.map((exporter) => exporter.send())),
})
