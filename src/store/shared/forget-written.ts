import { layoutOf } from '../../model/layout/layout-of.js'
import { deduct, isDeducted } from '../../model/layout/slot-layout.js'
import type { InheritedFamily } from './inheritance.js'
import type { Seat } from './seat.js'

/** Subtracts the values that are already in the file of a seat, so that only later counts remain. */
export function forgetWritten(families: Iterable<InheritedFamily>, seat: Seat): void {
  for (const { family, series } of families) {
    const layout = layoutOf(family)
    if (!isDeducted(layout)) continue
    for (const slot of series.all()) {
      const { segment, at } = seat.segments.at(slot)
      const written = Float64Array.from({ length: layout.width }, (_, i) => seat.written(slot + i))
      deduct(layout, segment, at, written)
    }
  }
}
