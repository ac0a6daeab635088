import { expect, test } from 'vitest'
import type { MetricType } from '../../src/model/metric-type.js'
import { sampleNames } from '../../src/model/sample-names.js'

test.each<[MetricType, string, string[]]>([
  ['counter', 'jobs', ['jobs', 'jobs_total']],
  ['counter', 'jobs_total', ['jobs_total']],
  ['gauge', 'jobs', ['jobs']],
  ['histogram', 's', ['s_bucket', 's_sum', 's_count']],
  ['summary', 's', ['s', 's_sum', 's_count']],
  ['info', 'build', ['build', 'build_info']],
  ['info', 'build_info', ['build_info']],
  ['stateset', 'phase', ['phase']],
  ['unknown', 'x', ['x']],
])('the samples of a %s %s are called %j', (type, name, names) => {
  expect(sampleNames({ type, name })).toEqual(names)
})
