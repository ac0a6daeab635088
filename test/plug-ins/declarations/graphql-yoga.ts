import {
  createHistogram,
  type FillLabelsFnParams,
  type PrometheusTracingPluginConfig,
  usePrometheus,
} from '@graphql-yoga/plugin-prometheus'
import { createYoga } from 'graphql-yoga'
import { Counter, Registry } from 'prom-client'

const registry = new Registry()
const purchases = new Counter({ name: 'purchases_total', help: 'Purchases.', registers: [registry] })
const duration = createHistogram<'execute', string, FillLabelsFnParams>({
  registry,
  phases: ['execute'],
  histogram: {
    name: 'execution_seconds',
    help: 'Executions.',
    labelNames: ['operation'],
    collect: () => purchases.inc(),
  },
  fillLabelsFn: ({ operationName }) => ({ operation: operationName ?? '' }),
})
const config: PrometheusTracingPluginConfig = {
  registry,
  metrics: { graphql_envelop_phase_execute: duration, graphql_yoga_http_duration: [0.1, 1] },
}
export const yoga = createYoga({ plugins: [usePrometheus(config)] })
