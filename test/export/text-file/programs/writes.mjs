// A process that writes its application's numbers into a file.
import { startTextFile } from 'promhive/text-file'
import { answer } from '../../../processes/programs/stagehand.mjs'

let exporter

answer({
  start: (options) => {
    exporter = startTextFile(options)
    return exporter.running
  },
  send: () => exporter.send(),
  last: () => exporter.last,
  stop: () => exporter.stop(),
})
