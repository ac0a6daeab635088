// A process that sends its application's numbers over OTLP.
import cluster from 'node:cluster'
import { register } from 'promhive'
import { startOtlp } from 'promhive/otlp'
import { answer } from '../../../processes/programs/stagehand.mjs'

let exporter

answer({
  start: (options) => {
    exporter = startOtlp(options)
    return exporter.running
  },
  send: () => exporter.send(),
  last: () => exporter.last,
  stop: () => exporter.stop(),
  /** A family of a collector, which does not say when counting began. */
  collect: (name, value) => {
    register.registerCollector({
      name,
      run: 'serving',
      collect: () => [{ name, help: 'x', type: 'counter', values: [{ value }] }],
    })
  },
  isPrimary: () => cluster.isPrimary,
})
