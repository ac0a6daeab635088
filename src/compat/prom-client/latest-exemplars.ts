import type { FamilyDescriptor } from '../../model/descriptor.js'
import type { Exemplar } from '../../model/exemplar.js'
import { seriesKey } from '../../model/series-key.js'
import { refOf, type SeriesRef } from '../../model/series-ref.js'
import type { Store } from '../../store/contract.js'

interface Kept {
  readonly labelValues: SeriesRef['labelValues']
  readonly bucket: number
  readonly exemplar: Exemplar
}

/**
 * The exemplars that came soon after another one of their bucket. A store gets at most ten a second, because each is
 * written to a file; the last one is stored before this process answers a scrape.
 */
export class LatestExemplars {
  private readonly kept = new Map<string, Kept>()

  /** @param exemplar undefined if the latest one was stored */
  keep({ labelValues }: SeriesRef, bucket: number, exemplar: Exemplar | undefined): void {
    if (exemplar === undefined && this.kept.size === 0) return
    const key = `${bucket}${seriesKey(labelValues)}`
    if (exemplar === undefined) this.kept.delete(key)
    else this.kept.set(key, { labelValues, bucket, exemplar })
  }

  storeIn(store: Store, family: FamilyDescriptor): void {
    for (const { labelValues, bucket, exemplar } of this.kept.values())
      store.setExemplar(family, refOf(labelValues), bucket, exemplar)
    this.kept.clear()
  }
}
