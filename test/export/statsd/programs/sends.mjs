// A process that sends its application's numbers to a server of statsd.
import { startStatsd } from 'promhive/statsd'
import { answer, counter, faults } from '../../../processes/programs/stagehand.mjs'

let exporter

answer({
  start: (options) => {
    exporter = startStatsd(options)
    return exporter.running
  },
  send: () => exporter.send(),
  last: () => exporter.last,
  stop: () => exporter.stop(),
  faults: () => faults,
  remove: (name, labels) => counter(name, labels) && undefined,
})
