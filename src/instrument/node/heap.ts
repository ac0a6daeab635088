import type { HeapSpaceInfo } from 'node:v8'
import { oncePerTurn, type RuntimeMetrics } from './runtime-metrics.js'

/* V8's heap. Every thread has its own. */

export function heapSize(metrics: RuntimeMetrics): void {
  const heap = oncePerTurn(process.getBuiltinModule('node:v8').getHeapStatistics)
  metrics.gauge({
    name: 'nodejs_heap_size_total_bytes',
    help: 'Process heap size from Node.js in bytes.',
    read: () => heap().total_heap_size,
  })
  metrics.gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'Process heap size used from Node.js in bytes.',
    read: () => heap().used_heap_size,
  })
  metrics.gauge({
    name: 'nodejs_external_memory_bytes',
    help: 'Node.js external memory size in bytes.',
    read: () => heap().external_memory,
  })
}

export function heapSpaces(metrics: RuntimeMetrics): void {
  const spaces = oncePerTurn(process.getBuiltinModule('node:v8').getHeapSpaceStatistics)
  const gauge = (what: string, size: (space: HeapSpaceInfo) => number): void =>
    metrics.gauge({
      name: `nodejs_heap_space_size_${what}_bytes`,
      help: `Process heap space size ${what} from Node.js in bytes.`,
      labelNames: ['space'],
      read: () =>
        spaces().map((space) => ({
          labels: { space: space.space_name.replace(/_space$/, '') },
          value: size(space),
        })),
    })
  gauge('total', (space) => space.space_size)
  gauge('used', (space) => space.space_used_size)
  gauge('available', (space) => space.space_available_size)
}
