import { layoutOf } from '../../model/layout/layout-of.js'
import { grown } from '../../model/series-index/hash-chains.js'
import { opened, SeriesLog } from '../core/series-log.js'
import type { Definitions } from './definitions.js'
import type { FileKey, KeySeries } from './file-key.js'
import type { FileName } from './file-name.js'
import { FileValues } from './file-values.js'

/** The number of the owner of a file: it has only one. */
export const onlyEpoch = 1

/** The gauges of one file, as the log and the dense slots of a writer. */
export class FileGauges {
  readonly log = new SeriesLog()
  readonly values = new FileValues(false)
  /** A gauge has one value, so its series is complete, and never has further bounds. */
  readonly isIncomplete = false
  readonly outdated = false
  private slots: Float64Array = new Float64Array(16)
  private used = 0
  private readonly families = new Map<string, number>()
  private readonly widths: number[] = []

  /** @param created unix seconds at which the file was created */
  constructor(
    private readonly file: FileName,
    private readonly definitions: Definitions,
    private readonly created: number,
  ) {}

  /** The slots of the file as they were last taken. */
  get dense(): Float64Array {
    this.values.copyTo(this.slots)
    return this.slots.subarray(0, this.used)
  }

  /**
   * Adds a value.
   *
   * @param index the index of the value among the float64 of the file
   * @param timestamp the index of the time at which it was set; undefined if the file has none
   */
  add({ series }: FileKey, index: number, timestamp: number | undefined): void {
    const slot = this.open(series)
    const { slots, values } = this
    const mode = this.file.mode!
    if (mode.endsWith('mostrecent')) {
      slots[slot + 1] = onlyEpoch
      values.place(slot + 3, index)
      // Without a time, a value was never set.
      if (timestamp !== undefined) values.place(slot + 2, timestamp)
    } else if (mode === 'sum' || mode === 'min' || mode === 'max') {
      slots[slot] = 2 * onlyEpoch
      slots[slot + 2] = Number.NaN
      values.place(slot + 1, index)
    } else {
      slots[slot] = onlyEpoch
      values.place(slot + 1, index)
    }
  }

  /** Opens a series; returns its first slot. */
  private open(series: KeySeries): number {
    const { log, definitions, file } = this
    const key = definitions.seriesKeyOf(file, series)
    const family = this.familyOf(series)
    const slot = this.used
    this.used += this.widths[family]!
    if (this.used > this.slots.length) this.slots = grown(this.slots, this.used * 2)
    log.append(opened, family, slot, key, this.created)
    return slot
  }

  private familyOf({ name, help }: KeySeries): number {
    const id = `${name} ${help}`
    let number = this.families.get(id)
    if (number === undefined) this.families.set(id, (number = this.addFamily(name, help)))
    return number
  }

  private addFamily(name: string, help: string): number {
    const family = this.definitions.descriptorOf(this.file, name, help)
    this.widths.push(layoutOf(family).width)
    return this.log.families.push(family) - 1
  }
}
