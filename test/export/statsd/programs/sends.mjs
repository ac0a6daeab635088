// A process that sends its application's numbers to a server of statsd.
import { startStatsd } from 'promhive/statsd'
import { answer } from '../../../processes/programs/stagehand.mjs'

let exporter

answer({
  start: (options) => {
    exporter = startStatsd(options)
    return exporter.running
  },
  send: () => exporter.send(),
  last: () => exporter.last,
  stop: () => exporter.stop(),
})
