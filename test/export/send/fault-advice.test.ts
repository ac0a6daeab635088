import { expect, test } from 'vitest'
import { adviceFor } from '../../../src/export/send/fault-advice.js'

test.each([
  ['socket hang up', 'http://db:9464/metrics', '; if it expects TLS, use https://'],
  ['other side closed', 'http://db:9464/metrics', '; if it expects TLS, use https://'],
  ['other side closed', 'https://db:9464/metrics', ''],
  ['wrong version number', 'https://db:9464/metrics', '; if it expects no TLS, use http://'],
])('the advice for %j of %s is %j', (message, url, advice) => {
  expect(adviceFor(new Error(message), url, '--ca-file')).toBe(advice)
})
