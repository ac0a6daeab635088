import type { FamilyDescriptor } from '../../model/descriptor.js'
import { exemplarFrom } from '../../model/exemplar.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { descriptorFrom } from '../../model/prom-client-descriptor.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import { keyArity, type SeriesKey } from '../../model/series-key.js'
import { refOfKey, type SeriesRef } from '../../model/series-ref.js'
import type { Pause, PlacedExemplar, WriterSnapshot } from '../contract.js'
import { type Removal, RemovalIndex } from '../core/removal-index.js'
import { opened, removed, SeriesLog } from '../core/series-log.js'
import type { Snapshot } from './snapshot-format.js'

type SeriesLine = readonly [kind: number, family: number, slot: number, key: SeriesKey, created: number]
type Line = FamilyDescriptor | SeriesLine

const encoder = new TextEncoder()
const newline = 10

/** The names of a series log as lines; they grow with the log. */
export class NameLines {
  private readonly chunks: Uint8Array[] = []
  private position = 0
  private families = 0

  constructor(readonly log: SeriesLog) {}

  bytes(): Uint8Array {
    const { log } = this
    let text = ''
    const say = (line: Line): void => {
      text += `${JSON.stringify(line)}\n`
    }
    for (; this.families < log.families.length; this.families++) say(log.families[this.families]!)
    for (; this.position < log.length; this.position++) {
      const i = this.position
      say([log.kinds[i]!, log.familyOf[i]!, log.slotOf[i]!, log.keyOf[i]!, log.createdAt[i]!])
    }
    if (text !== '') this.chunks.push(encoder.encode(text))
    if (this.chunks.length > 1) this.chunks.splice(0, this.chunks.length, Buffer.concat(this.chunks))
    return this.chunks[0] ?? new Uint8Array(0)
  }
}

/** One writer, as a reader follows it: reading its log continues where the last snapshot ended. */
export class FollowedWriter {
  private log = new SeriesLog()
  private generation = ''
  private read = 0
  /** The number of families that cannot be shown; their series are omitted. */
  faults = 0
  private readonly open = new Map<number, { readonly family: number; readonly key: SeriesKey }>()

  /** @throws an error for a line that no writer of this version wrote */
  async follow({ head, names, values }: Snapshot, pause: Pause): Promise<void> {
    if (head.log !== this.generation || names.length < this.read) {
      this.log = new SeriesLog()
      this.open.clear()
      this.faults = 0
      this.read = 0
      this.generation = head.log
    }
    let lines = 0
    const text = Buffer.from(names.buffer, names.byteOffset, names.byteLength)
    for (let end = text.indexOf(newline, this.read); end >= 0; end = text.indexOf(newline, this.read)) {
      this.hear(JSON.parse(text.toString('utf8', this.read, end)) as Line, values.length)
      this.read = end + 1
      if ((++lines & 255) === 0 && pause.due()) await pause.rest()
    }
  }

  /** Omits the series that removals name and that the writer has not removed yet, in one pass. */
  async leaveOut(removals: readonly Removal[], pause: Pause): Promise<void> {
    if (removals.length === 0) return
    const index = new RemovalIndex()
    for (const removal of removals) index.add(removal, 1)
    const filters: (SeriesFilters | undefined)[] = []
    for (const family of this.log.families) filters.push(family && (await index.filtersOf(family, pause)))
    let looked = 0
    for (const [slot, { family, key }] of this.open) {
      if ((++looked & 255) === 0 && pause.due()) await pause.rest()
      if (!filters[family]?.names(key)) continue
      this.open.delete(slot)
      this.log.append(removed, family, slot, key, 0)
    }
  }

  snapshot({ head, values, exemplars }: Snapshot, live: boolean): WriterSnapshot {
    const { writer, seat, process, epoch, startedAt } = head
    const { log } = this
    return {
      ...{ writer, seat, process, epoch, startedAt, live, log, values },
      bytes: values.byteLength + this.read,
      dropped: 0,
      exemplars: () => placedFrom(exemplars).filter(({ slot }) => this.open.has(slot)),
    }
  }

  /** Iterates over the present series, with their slots. */
  *series({ values }: Snapshot): Iterable<readonly [FamilyDescriptor, SeriesRef, Float64Array, number]> {
    const { log } = this
    const began = log.beginnings()
    for (const [slot, { family: index, key }] of this.open) {
      const family = log.families[index]
      if (family === undefined) continue
      yield [family, refOfKey(key), values.slice(slot, slot + layoutOf(family).width), began.get(slot)!]
    }
  }

  private hear(line: Line, slots: number): void {
    if (!Array.isArray(line)) {
      // Also undefined for a type of a later version: slots with an unknown meaning are not read.
      const family = descriptorFrom(line)
      if (family === undefined) this.faults++
      this.log.families.push(family)
      return
    }
    const [kind, family, slot, key, created] = line as SeriesLine
    const known = this.log.families[family]
    if (known === undefined && family in this.log.families) return
    const fits = Number.isInteger(slot) && slot >= 0 && known !== undefined && slot + layoutOf(known).width <= slots
    if (
      !fits ||
      (kind !== opened && kind !== removed) ||
      keyArity(String(key)) !== known.labelNames.length ||
      !(Number.isFinite(created) && created >= 0)
    ) {
      throw new TypeError('a line of its names is invalid')
    }
    if (kind === opened) this.open.set(slot, { family, key })
    // A series that was omitted has been deleted already.
    else if (this.open.get(slot)?.key !== key || !this.open.delete(slot)) return
    this.log.append(kind, family, slot, key, created)
  }
}

export function encodeExemplars(placed: readonly PlacedExemplar[]): Uint8Array {
  return encoder.encode(JSON.stringify(placed.map(({ slot, bucket, exemplar }) => [slot, bucket, exemplar])))
}

function placedFrom(bytes: Uint8Array): PlacedExemplar[] {
  try {
    const decoded = JSON.parse(new TextDecoder().decode(bytes)) as [number, number, unknown][]
    return decoded.flatMap(([slot, bucket, encoded]) => {
      const exemplar = exemplarFrom(encoded)
      return exemplar === undefined ? [] : [{ slot, bucket, exemplar }]
    })
  } catch {
    // Exemplars are optional: without them the numbers are the same.
    return []
  }
}
