import { expect, test } from 'vitest'
import { chosenExporters } from '../../../src/runtime/exporters/configured.js'

const none = {}

test('an exporter is enabled by options or true, and disabled by false', () => {
  const configured = { otlp: true, statsd: {}, textFile: false, etcd: undefined }
  expect(chosenExporters(configured, none)).toEqual({ otlp: {}, statsd: {} })
})

test.for([
  [{ otlp: null }, 'exporters.otlp must be options such as { "endpoint": … }, true or false, got null'],
  [{ textFile: ['x'] }, 'exporters.textFile must be options such as { "path": … }, true or false, got an array of 1'],
  [
    { statsd: 'udp://user:secret@host' },
    'exporters.statsd must be options such as { "address": … }, true or false, got a text',
  ],
  [{ textfile: {} }, 'there is no exporter "textfile"; did you mean textFile?'],
] as const)('%j is refused, with what to write instead', ([configured, message]) => {
  expect(() => chosenExporters(configured, none)).toThrow(message)
})
