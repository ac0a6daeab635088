import { expect, test } from 'vitest'
import { defaultGaugeMode, gaugeModes } from '../../src/model/metric-type.js'

test('the modes of a gauge are the ten of the Python client, and the mean', () => {
  expect([...gaugeModes].sort()).toEqual([
    'all',
    'liveall',
    'liveaverage',
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
