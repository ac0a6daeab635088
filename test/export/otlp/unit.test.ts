import { expect, test } from 'vitest'
import { otlpUnit } from '../../../src/export/otlp/unit.js'

test.each([
  ['seconds', 's'],
  ['bytes', 'By'],
  ['ratio', '1'],
  ['bytes_per_second', 'By/s'],
  ['requests_per_minute', 'requests/min'],
  ['celsius', 'Cel'],
  ['widgets', 'widgets'],
  ['', ''],
])('%s is %s', (unit, expected) => expect(otlpUnit(unit)).toBe(expected))
