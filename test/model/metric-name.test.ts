import { describe, expect, test } from 'vitest'
import { checkHelp, checkMetricName, describe as describeValue, unitOf } from '../../src/model/metric-name.js'
import { faultOf } from '../helpers/fault.js'

describe('a metric name', () => {
  test.each(['a', '_', ':', 'http_requests_total', 'job:rate:5m', 'A1'])('may be %s', (name) => {
    expect(faultOf(() => checkMetricName(name))).toBe('no error')
  })

  test.each(['1a', 'a b', 'a-b', 'a.b', 'größe', 'a\n', ' a', '💥'])('may not be %j', (name) => {
    expect(faultOf(() => checkMetricName(name))).toBe(
      `NAME_INVALID: ${JSON.stringify(name)} is not a metric name: use letters, digits, "_" and ":", not starting with a digit`,
    )
  })

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', '""'],
    [7, '7'],
    [{}, 'an object'],
    [['a'], 'an array of 1'],
    [() => 'a', 'a function'],
  ])('is missing when it is %s', (name, shown) => {
    expect(faultOf(() => checkMetricName(name))).toBe(
      `NAME_MISSING: a metric needs a name: got ${shown}; pass { name: 'jobs_total', … }`,
    )
  })
})

describe('a help text', () => {
  test.each([undefined, null, '', 7, {}])('is missing when it is %s, and the error names the metric', (help) => {
    expect(faultOf(() => checkHelp('jobs_total', help))).toMatch(
      /^HELP_MISSING: jobs_total needs a help text: say in one sentence what it counts; got /,
    )
  })

  test('may be any text', () => {
    expect(faultOf(() => checkHelp('jobs_total', ' "\n\\ 💥'))).toBe('no error')
  })
})

describe('a unit', () => {
  test.each([
    ['job_duration_seconds', 'histogram', 'seconds'],
    ['job_duration_seconds', 'summary', 'seconds'],
    ['heap_bytes', 'gauge', 'bytes'],
    ['sent_bytes_total', 'counter', 'bytes'],
    ['sent_bytes', 'counter', 'bytes'],
    ['speed_meters_per_second', 'gauge', 'meters_per_second'],
  ] as const)('is at the end of %s, a %s', (name, type, unit) => {
    expect(unitOf(name, type, unit)).toEqual({ unit })
  })

  test.each([undefined, ''])('may be omitted: %j', (unit) => {
    expect(unitOf('x', 'info', unit)).toEqual({})
  })

  test.each([
    ['job_duration', 'histogram', 'seconds', ': name it "job_duration_seconds"'],
    ['sent_total', 'counter', 'bytes', ': name it "sent_bytes_total"'],
    ['sent_total', 'gauge', 'bytes', ': name it "sent_total_bytes"'],
    ['jobseconds', 'gauge', 'seconds', ': name it "jobseconds_seconds"'],
    ['seconds', 'gauge', 'seconds', ': name it "seconds_seconds"'],
  ] as const)('that is not at the end of %s, a %s, is refused: %s', (name, type, unit, way) => {
    expect(faultOf(() => unitOf(name, type, unit))).toBe(
      `UNIT_MISMATCH: ${name}: the name must end with its unit "${unit}"${way}`,
    )
  })

  test('is a text', () => {
    expect(faultOf(() => unitOf('x_1', 'gauge', 1))).toBe('UNIT_MISMATCH: x_1: the name must end with its unit 1')
  })

  test.each([
    ['info', 'an info'],
    ['stateset', 'a stateset'],
  ] as const)('is not for %s', (type, text) => {
    expect(faultOf(() => unitOf('x_seconds', type, 'seconds'))).toBe(
      `UNIT_MISMATCH: x_seconds: ${text} has no unit: leave it out`,
    )
  })
})

test('an error shows the beginning of a long text', () => {
  expect(describeValue('x'.repeat(61))).toBe(`"${'x'.repeat(60)}"…`)
  expect(describeValue('x'.repeat(60))).toBe(`"${'x'.repeat(60)}"`)
})
