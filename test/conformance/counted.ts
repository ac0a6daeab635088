import type { ChildOwner } from '../../src/metric/child.js'
import { CounterChild } from '../../src/metric/counter.js'
import { GaugeChild, MostRecentChild } from '../../src/metric/gauge.js'
import { HistogramChild } from '../../src/metric/histogram.js'
import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import type { GaugeMode } from '../../src/model/metric-type.js'
import type { SeriesKey } from '../../src/model/series-key.js'
import type { Store } from '../../src/store/backend.js'
import { gaugeFamily } from '../helpers/writers.js'

/*
 * Handles on the series of one store: what an application counts with, bound to the store under test.
 */

export const mostRecent = gaugeFamily('latest', 'mostrecent', { labelNames: ['text'] })

export function counterOf(store: Store, family: FamilyDescriptor<'counter'>, key: SeriesKey): CounterChild {
  return opened(new CounterChild(family, key, countingOn(store)))
}

export function histogramOf(store: Store, family: FamilyDescriptor<'histogram'>, key: SeriesKey): HistogramChild {
  return opened(new HistogramChild(family, key, countingOn(store)))
}

export function gaugeOf(store: Store, name: string, mode: GaugeMode, key: SeriesKey): GaugeChild {
  const family = gaugeFamily(name, mode, { labelNames: ['text'] })
  const Kind = mode.endsWith('mostrecent') ? MostRecentChild : GaugeChild
  return opened(new Kind(family, key, countingOn(store)))
}

function opened<C extends { open(): void }>(child: C): C {
  child.open()
  return child
}

function countingOn(store: Store): ChildOwner {
  return {
    store: () => store,
    onError(error) {
      throw error
    },
    childWith() {
      throw new Error('these series stand alone')
    },
  }
}
