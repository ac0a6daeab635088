import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { LabelFilter } from '../../model/series-key.js'
import { removeMany, type Store } from '../contract.js'

/**
 * Wraps the store of the processes of one host, so that removals from the whole application are announced to other
 * hosts as well.
 */
export function announcing(
  under: Store,
  announce: (family: FamilyDescriptor, filters: readonly LabelFilter[]) => void,
): Store {
  return {
    get writer() {
      return under.writer
    },
    gate: under.gate,
    open: (family, series, createdAt) => under.open(family, series, createdAt),
    setExemplar: (family, series, bucket, exemplar) => under.setExemplar(family, series, bucket, exemplar),
    series: (family, times) => under.series(family, times),
    flush: () => under.flush(),
    close: () => under.close(),
    remove: (family, filter, scope) => {
      under.remove(family, filter, scope)
      if (scope === 'application') announce(family, [filter])
    },
    removeMany: (family, filters, scope, now) => {
      removeMany(under, family, filters, scope, now)
      if (scope === 'application') announce(family, filters)
    },
  }
}
