import { expect, test } from 'vitest'
import { frame } from '../../src/cli/top/frame.js'
import type { FamilyLine, View } from '../../src/cli/top/view.js'

const name = 'http_outgoing_request_duration_seconds'
const family: FamilyLine = { name, type: 'histogram', series: 12, total: 34_567, rate: 89.01, mean: 0.002345 }
const view: View = { workers: [], families: [family, { ...family, name: 'jobs_total', type: 'counter' }], faults: [] }

test.for([
  [100, 'http_outgoing_request_duration_seconds  histogram      12  34567  89.01/s  0.002345'],
  [70, 'http_outgoin…tion_seconds  histogram      12  34567  89.01/s  0.002345'],
  [56, 'http_outgo…ion_seconds      12  34567  89.01/s  0.002345'],
] as const)('events are shown in %i columns as well', ([width, line]) => {
  const lines = frame('/dev/shm/shop', view, { rows: 20, width }).split('\n')
  expect(lines.find((one) => one.startsWith('http_'))).toBe(line)
  expect(Math.max(...lines.map((one) => one.length))).toBeLessThanOrEqual(width)
})
