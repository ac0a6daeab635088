import type { CollectedValue } from '../../registry/collector.js'
import { oncePerTurn, type RuntimeMetrics } from './runtime-metrics.js'

/* What keeps the event loop of this thread alive: resources in Node’s public list, handles and requests in its old ones. */

interface OldLists {
  _getActiveHandles?(): readonly unknown[]
  _getActiveRequests?(): readonly unknown[]
}

/**
 * The number of each type. A type that existed once is shown as 0 afterwards: a series that disappears every few seconds
 * would leave gaps in every graph.
 */
export class Census {
  private readonly seen = new Set<string>()

  count(types: Iterable<string>): readonly CollectedValue[] {
    const counts = new Map<string, number>()
    for (const type of this.seen) counts.set(type, 0)
    for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1)
    for (const type of counts.keys()) this.seen.add(type)
    return [...counts].map(([type, value]) => ({ labels: { type }, value }))
  }
}

export function activeResources(metrics: RuntimeMetrics): void {
  families(metrics, {
    name: 'nodejs_active_resources',
    help: 'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
    totalHelp: 'Total number of active resources.',
    list: () => process.getActiveResourcesInfo(),
    typeOf: String,
  })
}

export function activeHandles(metrics: RuntimeMetrics): void {
  const lists = process as OldLists
  if (lists._getActiveHandles === undefined) return
  families(metrics, {
    name: 'nodejs_active_handles',
    help: 'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
    totalHelp: 'Total number of active handles.',
    list: () => lists._getActiveHandles?.() ?? [],
    typeOf: className,
  })
}

export function activeRequests(metrics: RuntimeMetrics): void {
  const lists = process as OldLists
  if (lists._getActiveRequests === undefined) return
  families(metrics, {
    name: 'nodejs_active_requests',
    help: 'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
    totalHelp: 'Total number of active requests.',
    list: () => lists._getActiveRequests?.() ?? [],
    typeOf: className,
  })
}

interface Listed {
  readonly name: string
  readonly help: string
  readonly totalHelp: string
  list(): readonly unknown[]
  typeOf(item: unknown): string
}

function families(metrics: RuntimeMetrics, { name, help, totalHelp, list, typeOf }: Listed): void {
  const items = oncePerTurn(list)
  const census = new Census()
  metrics.gauge({ name, help, labelNames: ['type'], read: () => census.count(items().map(typeOf)) })
  metrics.gauge({ name: `${name}_total`, help: totalHelp, read: () => items().length })
}

function className(item: unknown): string {
  return (item as object | null)?.constructor?.name || 'unknown'
}
