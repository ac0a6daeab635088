import type { FamilyDescriptor } from '../../src/model/descriptor.js'
import { layoutOf } from '../../src/model/layout/layout-of.js'
import { type SeriesKey, seriesKey } from '../../src/model/series-key.js'
import type { Pause, WriterSnapshot } from '../../src/store/contract.js'
import { opened, removed, SeriesLog } from '../../src/store/core/series-log.js'

export const noPause: Pause = { due: () => false, rest: async () => {} }

/** A pause that is due at every look, so that work is cut wherever it can be. */
export function restless(): Pause & { rests: number } {
  const pause = {
    rests: 0,
    due: () => true,
    rest: async () => {
      pause.rests++
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return pause
}

/** A writer made by hand: its log, and its slots. */
export class TestWriter implements WriterSnapshot {
  readonly writer: string
  readonly log = new SeriesLog()
  live = true
  epoch = 1
  /** When the next series is created. */
  createdAt = 100
  values = new Float64Array(0)
  readonly bytes = 0
  readonly dropped = 0

  constructor(
    readonly seat: number,
    readonly startedAt = 1_700_000_000 + seat,
  ) {
    this.writer = `writer-${seat}`
  }

  /** Opens a series with these slots; returns its first slot. */
  open(family: FamilyDescriptor, labels: readonly (string | null)[], slots: readonly number[]): number {
    const { width } = layoutOf(family)
    if (slots.length !== width) throw new RangeError(`${family.name} has ${width} slots`)
    const at = this.values.length
    this.values = Float64Array.of(...this.values, ...slots)
    this.append(opened, family, at, seriesKey(labels))
    return at
  }

  /** Opens a series at slots that another one had. */
  reopen(family: FamilyDescriptor, labels: readonly (string | null)[], at: number): void {
    this.append(opened, family, at, seriesKey(labels))
  }

  remove(family: FamilyDescriptor, labels: readonly (string | null)[], at: number): void {
    this.append(removed, family, at, seriesKey(labels))
  }

  private append(kind: number, family: FamilyDescriptor, at: number, key: SeriesKey): void {
    let index = this.log.families.indexOf(family)
    if (index < 0) index = this.log.families.push(family) - 1
    this.log.append(kind, index, at, key, this.createdAt)
  }
}

interface Common {
  readonly help?: string
  readonly labelNames?: readonly string[]
  readonly registry?: string
}

const common = { help: 'X.', labelNames: [], registry: 'default' }

export function counterFamily(name: string, more: Common = {}): FamilyDescriptor<'counter'> {
  return { ...common, ...more, type: 'counter', name }
}

export function gaugeFamily(
  name: string,
  mode: FamilyDescriptor<'gauge'>['mode'],
  more: Common = {},
): FamilyDescriptor<'gauge'> {
  return { ...common, ...more, type: 'gauge', name, mode }
}

export function histogramFamily(
  name: string,
  bounds: readonly number[],
  more: Common = {},
): FamilyDescriptor<'histogram'> {
  return { ...common, ...more, type: 'histogram', name, bounds }
}
