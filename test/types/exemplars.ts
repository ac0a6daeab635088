// With `enableExemplars`, `inc` and `observe` take prom-client's object as well; without it, only labels.
import { Counter, Histogram } from 'promhive'

const common = { help: 'E.', labelNames: ['method'] } as const
const labels = { method: 'GET' }
const exemplarLabels = { trace_id: 'a' }

const enabled = new Counter({ name: 'e_total', ...common, enableExemplars: true })
enabled.inc({ labels, value: 2, exemplarLabels })
enabled.inc({ labels })
const times = new Histogram({ name: 'e_seconds', ...common, enableExemplars: true, buckets: [1] })
times.observe({ labels, value: 2, exemplarLabels })
const plain = new Counter({ name: 'p_total', help: 'P.', enableExemplars: true })
plain.inc({ value: 1, exemplarLabels })
plain.inc()
plain.inc(2)

const disabled = new Counter({ name: 'd_total', ...common })
disabled.inc(labels, 2, exemplarLabels)
// @ts-expect-error the counter has no such form
disabled.inc({ labels, value: 2, exemplarLabels })
// @ts-expect-error the histogram has no such form
new Histogram({ name: 'd_seconds', ...common }).observe({ labels, value: 2 })
// @ts-expect-error nor with false
new Counter({ name: 'd_total', ...common, enableExemplars: false }).inc({ labels })

// Unknown until it runs: both are accepted.
declare const flag: boolean | undefined
const either = new Counter({ name: 'f_total', ...common, enableExemplars: flag })
either.inc({ labels, exemplarLabels })
either.inc(labels)

// Type arguments, as code for prom-client writes them: the last one is whether it has the form.
const written = new Counter<'method'>({ name: 'w_total', ...common, enableExemplars: true })
written.inc(labels)
new Counter<'method', never, true>({ name: 'w_total', ...common, enableExemplars: true }).inc({ labels, value: 1 })
new Histogram<'method'>({ name: 'w_seconds', ...common }).observe(labels, 1)

// Each may be held as any counter of these labels.
export const held: readonly Counter<'method'>[] = [enabled, disabled, either, written]
export const held2: Counter<string> = plain
