import { expect, test } from 'vitest'
import { defaultGaugeMode, gaugeModes } from '../../src/model/metric-type.js'

test('the modes of a gauge are the ten of the Python client', () => {
  expect([...gaugeModes].sort()).toEqual([
    'all',
    'liveall',
    'livemax',
    'livemin',
    'livemostrecent',
    'livesum',
    'max',
    'min',
    'mostrecent',
    'sum',
  ])
  expect(gaugeModes).toContain(defaultGaugeMode)
})
