import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import type { SeriesFilters } from '../../model/series-filters.js'
import type { SeriesKey } from '../../model/series-key.js'
import type { Pause, PlacedExemplar, WriterSnapshot } from '../backend.js'
import { type Removal, RemovalIndex } from '../removal-index.js'
import { opened, removed, SeriesLog } from '../series-log.js'
import type { Snapshot } from './snapshot-format.js'

type Line = FamilyDescriptor | readonly [kind: number, family: number, slot: number, key: SeriesKey, created: number]

const encoder = new TextEncoder()
const newline = 10

/** The names of a series log as lines, which grow with it. */
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

/** One writer as a reader knows it: its log is read on from where the last snapshot ended. */
export class FollowedWriter {
  private log = new SeriesLog()
  private generation = ''
  private read = 0
  private readonly open = new Map<number, { readonly family: number; readonly key: SeriesKey }>()

  async follow({ head, names }: Snapshot, pause: Pause): Promise<void> {
    if (head.log !== this.generation || names.length < this.read) {
      this.log = new SeriesLog()
      this.open.clear()
      this.read = 0
      this.generation = head.log
    }
    let lines = 0
    const text = Buffer.from(names.buffer, names.byteOffset, names.byteLength)
    for (let end = text.indexOf(newline, this.read); end >= 0; end = text.indexOf(newline, this.read)) {
      this.hear(JSON.parse(text.toString('utf8', this.read, end)) as Line)
      this.read = end + 1
      if ((++lines & 255) === 0 && pause.due()) await pause.rest()
    }
  }

  /** Leaves out what removals name that the writer has not removed yet: all of them in one pass. */
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

  /** The series that are there, with their slots. */
  *series({ values }: Snapshot): Iterable<readonly [FamilyDescriptor, SeriesKey, Float64Array, number]> {
    const { log } = this
    const began = new Map(log.slotOf.flatMap((slot, i) => (log.kinds[i] === opened ? [[slot, log.createdAt[i]!]] : [])))
    for (const [slot, { family: index, key }] of this.open) {
      const family = log.families[index]
      if (family !== undefined) yield [family, key, values.slice(slot, slot + layoutOf(family).width), began.get(slot)!]
    }
  }

  private hear(line: Line): void {
    if (!('length' in line)) {
      this.log.families.push(isKnown(line) ? line : undefined)
      return
    }
    const [kind, family, slot, key, created] = line
    if (kind === opened) this.open.set(slot, { family, key })
    // What was left out already is gone already.
    else if (this.open.get(slot)?.key !== key || !this.open.delete(slot)) return
    this.log.append(kind, family, slot, key, created)
  }
}

export function encodeExemplars(placed: readonly PlacedExemplar[]): Uint8Array {
  return encoder.encode(JSON.stringify(placed.map(({ slot, bucket, exemplar }) => [slot, bucket, exemplar])))
}

function placedFrom(bytes: Uint8Array): PlacedExemplar[] {
  const told = JSON.parse(new TextDecoder().decode(bytes)) as [number, number, PlacedExemplar['exemplar']][]
  return told.map(([slot, bucket, exemplar]) => ({ slot, bucket, exemplar }))
}

/** Whether this version knows what the slots of a family mean. */
function isKnown(family: FamilyDescriptor): boolean {
  try {
    layoutOf(family)
    return true
  } catch {
    return false
  }
}
