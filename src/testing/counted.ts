import type { ChildOwner } from '../metric/child.js'
import { CounterChild } from '../metric/counter.js'
import { GaugeChild, MostRecentChild } from '../metric/gauge.js'
import { HistogramChild } from '../metric/histogram.js'
import { type SummaryChild, summaryChild } from '../metric/summary.js'
import type { FamilyDescriptor } from '../model/descriptor.js'
import type { GaugeMode } from '../model/metric-type.js'
import { labelValuesOf, type SeriesKey } from '../model/series-key.js'
import { refOf } from '../model/series-ref.js'
import type { Store } from '../store/contract.js'
import { gaugeFamily } from './families.js'

/*
 * Handles on the series of a backend, like those of an application, bound to the backend under test.
 */

/** Returns the store of the handles: called at each opening, as an application does. */
export interface Countable {
  readonly store: Store
}

export function counterOf(place: Countable, family: FamilyDescriptor<'counter'>, key: SeriesKey): CounterChild {
  return opened(new CounterChild(family, countingOn(place), labelValuesOf(key)))
}

export function histogramOf(place: Countable, family: FamilyDescriptor<'histogram'>, key: SeriesKey): HistogramChild {
  return opened(new HistogramChild(family, countingOn(place), labelValuesOf(key)))
}

export function summaryOf(place: Countable, family: FamilyDescriptor<'summary'>, key: SeriesKey): SummaryChild {
  return opened(summaryChild(family, countingOn(place), labelValuesOf(key)))
}

export function gaugeOf(place: Countable, name: string, mode: GaugeMode, key: SeriesKey): GaugeChild {
  const Kind = mode.endsWith('mostrecent') ? MostRecentChild : GaugeChild
  return opened(new Kind(gaugeFamily(name, mode), countingOn(place), labelValuesOf(key)))
}

function opened<C extends { open(): void }>(child: C): C {
  child.open()
  return child
}

function countingOn(place: Countable): ChildOwner {
  return {
    storeOf: () => place.store,
    onError(error) {
      throw error
    },
    childWith() {
      throw new Error('these series have no writer')
    },
    admit: (series) => series,
    children: {
      textsOf: () => [],
      refTo: refOf,
      counts: () => false,
      join: () => false,
      retain: (series) => series,
      release() {},
      opened() {},
      nowhere() {
        throw new Error('these series have no limit')
      },
      exemplifiedIn: () => new Map(),
    },
  }
}
