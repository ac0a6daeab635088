// A summary: labels, quantiles and the options of prom-client.
import { Summary } from 'promhive'

const sizes = new Summary({ name: 'sizes', help: 'S.', labelNames: ['route'], quantiles: [0.5] as const })
const windowed = { maxAgeSeconds: 600, ageBuckets: 5, pruneAgedBuckets: true, compressCount: 1000 } as const
new Summary({ name: 'lately', help: 'L.', percentiles: [0.5], ...windowed }).observe(1)
const waits = new Summary({ name: 'waits', help: 'W.', percentiles: [0.5], relativeError: 0.05 })

sizes.observe({ route: '/' }, 1)
sizes.labels('/').observe(1)
sizes.labels({ route: '/' }).startTimer()()
sizes.startTimer({ route: '/' })()
sizes.remove({ route: '/' })
waits.observe(1)
waits.startTimer()()
export const any: readonly Summary<string>[] = [sizes, waits]
export const exact: Summary<'route'> = sizes
export const unlabelled: Summary = waits

// @ts-expect-error a label that was not declared
sizes.observe({ path: '/' }, 1)
// @ts-expect-error labels are missing
sizes.observe(1)
// @ts-expect-error the value is missing
waits.observe()
// @ts-expect-error a number in a text
waits.observe('1')
// @ts-expect-error quantiles are numbers
new Summary({ name: 's', help: 'S.', quantiles: ['0.5'] })
// @ts-expect-error a window is a number of seconds
new Summary({ name: 's', help: 'S.', maxAgeSeconds: '10m' })
// @ts-expect-error its parts are a number
new Summary({ name: 's', help: 'S.', ageBuckets: true })
// @ts-expect-error a summary has no buckets
new Summary({ name: 's', help: 'S.', buckets: [1] })
