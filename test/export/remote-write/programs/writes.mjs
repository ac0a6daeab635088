// A process that sends its application's numbers by remote write.
import { startRemoteWrite } from 'promhive/remote-write'
import { answer } from '../../../processes/programs/stagehand.mjs'

let exporter

answer({
  start: (options) => {
    exporter = startRemoteWrite(options)
    return exporter.running
  },
  send: () => exporter.send(),
  last: () => exporter.last,
  stop: () => exporter.stop(),
})
