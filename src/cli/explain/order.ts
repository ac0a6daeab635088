import type { FamilyCosts } from '../../gather/costs/series-costs.js'

/** The orders in which families may be listed. */
export const costOrders = ['per-target', 'per-worker', 'merged', 'bytes', 'name'] as const
export type CostOrder = (typeof costOrders)[number]

export function isCostOrder(text: string): text is CostOrder {
  return costOrders.some((order) => order === text)
}

const costs: Readonly<Record<CostOrder, (family: FamilyCosts) => number>> = {
  'per-target': ({ perTarget }) => perTarget.text.series,
  'per-worker': ({ perWorker }) => perWorker.text.series,
  merged: ({ merged }) => merged.text.series,
  bytes: ({ merged }) => merged.text.bytes,
  name: () => 0,
}

/** Returns the families in this order: the most expensive first, and those of equal cost by name. */
export function sorted(families: readonly FamilyCosts[], order: CostOrder): readonly FamilyCosts[] {
  const cost = costs[order]
  return families.toSorted((a, b) => cost(b) - cost(a) || (a.name < b.name ? -1 : 1))
}
