import type { FamilyDescriptor } from '../../model/descriptor.js'
import { descriptorFromJson } from '../../model/prom-client-descriptor.js'
import { keyArity, type SeriesKey } from '../../model/series-key.js'
import type { Pause } from '../contract.js'
import { ignored, opened, removed, SeriesLog } from '../core/series-log.js'

/*
 * The names of a ledger: text, one line for each event, in order. A part is 0, or the seat of one process of a host
 * that flushes for all of its processes.
 *
 * f <family> <descriptor, JSON> o <family> <part> <slot> <unix seconds> <key>     a series was opened r <family> <part>
 * <slot> <key>                    it was removed
 */

export function familyName(index: number, family: FamilyDescriptor): string {
  return `f ${index} ${JSON.stringify(family)}\n`
}

export function openedName(family: number, part: number, slot: number, created: number, key: SeriesKey): string {
  return `o ${family} ${part} ${slot} ${created} ${key}\n`
}

export function removedName(family: number, part: number, slot: number, key: SeriesKey): string {
  return `r ${family} ${part} ${slot} ${key}\n`
}

const newline = 0x0a
const nothing = Buffer.alloc(0)

/** The names of a ledger that have been read: one log for each part. */
export class Names {
  readonly logs = new Map<number, SeriesLog>()
  /** The number of unreadable lines, written by a later version or by another program. */
  faults = 0
  private readonly families: (FamilyDescriptor | undefined)[] = []
  /** The beginning of a line whose end has not been read yet. */
  private cut: Buffer = nothing
  /** Index of a family within the log of a part. */
  private readonly places = new Map<string, number>()

  /** Returns the log of a part. Part 0 always has one. */
  log(part = 0): SeriesLog {
    let log = this.logs.get(part)
    if (log === undefined) this.logs.set(part, (log = new SeriesLog()))
    return log
  }

  /**
   * Reads some more lines; an incomplete line continues in the next piece. `before` is called for each line that
   * removes a series, and returns whether to ignore it.
   */
  async read(
    piece: Buffer,
    pause: Pause,
    before: (log: SeriesLog, slot: number) => boolean = () => false,
  ): Promise<void> {
    const bytes = this.cut.length === 0 ? piece : Buffer.concat([this.cut, piece])
    const whole = bytes.lastIndexOf(newline) + 1
    this.cut = whole === bytes.length ? nothing : Buffer.from(bytes.subarray(whole))
    const text = bytes.toString('utf8', 0, whole)
    let lines = 0
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from)
      this.line(text.slice(from, end), before)
      from = end + 1
      if ((++lines & 255) === 0 && pause.due()) await pause.rest()
    }
  }

  private line(line: string, before: (log: SeriesLog, slot: number) => boolean): void {
    if (line.startsWith('f ')) {
      const [index, json] = fields(line, 2)
      if (isCount(index)) this.families[Number(index)] = descriptorFromJson(json!)
      else this.faults++
      return
    }
    const opens = line.startsWith('o ')
    const [family, part, slot, ...rest] = fields(line, opens ? 5 : 4)
    const known = this.families[Number(family)]
    const key = rest.at(-1)
    const fits = known !== undefined && key !== undefined && keyArity(key) === known.labelNames.length
    if (!fits || !isCount(slot) || !isCount(part) || (opens && !(Number(rest[0]) >= 0 && Number(rest[0]) < Infinity))) {
      this.faults++
      return
    }
    const log = this.log(Number(part))
    const place = this.place(Number(part), Number(family), log, known)
    if (opens) log.append(opened, place, Number(slot), key, Number(rest[0]))
    else log.append(before(log, Number(slot)) ? ignored : removed, place, Number(slot), key, 0)
  }

  private place(part: number, family: number, log: SeriesLog, known: FamilyDescriptor): number {
    const id = `${part} ${family}`
    let place = this.places.get(id)
    if (place === undefined) this.places.set(id, (place = log.families.push(known) - 1))
    return place
  }
}

/** A larger number of slots is invalid: it would be gigabytes of one writer. */
const mostSlots = 2 ** 27

function isCount(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,9}$/.test(text) && Number(text) < mostSlots
}

/** Returns the fields after the first letter of a line: `count` of them, the last one up to the end. */
function fields(line: string, count: number): string[] {
  const texts: string[] = []
  let from = 2
  while (texts.length < count - 1) {
    const end = line.indexOf(' ', from)
    if (end < 0) break
    texts.push(line.slice(from, end))
    from = end + 1
  }
  texts.push(line.slice(from))
  return texts
}
