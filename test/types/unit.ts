// A measured value has a unit.
import { Counter, Gauge, Histogram, Summary } from 'promhive'

new Counter({ name: 'sent_bytes_total', help: 'S.', unit: 'bytes' })
new Gauge({ name: 'heap_bytes', help: 'H.', unit: 'bytes' })
new Histogram({ name: 'wait_seconds', help: 'W.', unit: 'seconds' })
new Summary({ name: 'wait_seconds', help: 'W.', unit: 'seconds' })
// @ts-expect-error a unit is a text
new Gauge({ name: 'heap_bytes', help: 'H.', unit: 1 })
