import { labelFilterFrom } from '../../model/series-key.js'
import type { Removal } from '../core/removal-index.js'
import { crc32 } from './checksum.js'
import { checkedLine, checkedText, sumAt } from './series-lines.js'

/*
 * A removal, as a line of the control file:
 *
 *   fe2ad33a r ["default","orders_total",{"country":"IS","paid":null},null,"09444f76"]
 *
 * The last element is the form of the line: the CRC-32 of the other elements with empty label values. Lines that differ in
 * the values of labels only have one form, so that a process that looks for one series need not parse all of them.
 */

/** The length of a form at the end of a line, from its comma on. */
const formLength = ',"0a1b2c3d"]'.length
const [comma, quote] = [0x2c, 0x22]

/** A removal, and the position after its line. */
export interface PlacedRemoval extends Removal {
  readonly position: number
}

export function removalLine(removal: Removal): Buffer {
  const { registry, name, labels, author } = removal
  const form = formOf(removal).toString(16).padStart(8, '0')
  return checkedLine(`r ${JSON.stringify([registry, name, labels, author ?? null, form])}`)
}

/** Returns the form of a removal's line. */
export function formOf({ registry, name, labels, author }: Removal): number {
  const empty: Record<string, string | null> = {}
  for (const label in labels) empty[label] = labels[label] === null ? null : ''
  return crc32(Buffer.from(JSON.stringify([registry, name, empty, author ?? null])))
}

/** Returns the form at the end of a line; undefined for a line without one. */
export function formIn(bytes: Buffer, begin: number, end: number): number | undefined {
  const at = end - formLength
  if (at < begin || bytes[at] !== comma || bytes[at + 1] !== quote || bytes[end - 2] !== quote) return undefined
  return sumAt(bytes, at + 2) >>> 0
}

/** Returns the removals in complete lines, and how many bytes these lines have. */
export function removalsIn(bytes: Buffer, position: number): { removals: PlacedRemoval[]; length: number } {
  const removals: PlacedRemoval[] = []
  let from = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const text = checkedText(bytes, from, end)
    from = end + 1
    const removal = text?.startsWith('r ') ? removalFrom(text, position + from) : undefined
    if (removal !== undefined) removals.push(removal)
  }
  return { removals, length: from }
}

/** Returns undefined for an invalid line, even if its checksum is right. */
function removalFrom(text: string, position: number): PlacedRemoval | undefined {
  try {
    const [registry, name, filter, author] = JSON.parse(text.slice(2)) as unknown[]
    const labels = labelFilterFrom(filter)
    if (typeof registry !== 'string' || typeof name !== 'string' || labels === undefined) return undefined
    return typeof author === 'string'
      ? { registry, name, labels, position, author }
      : { registry, name, labels, position }
  } catch {
    return undefined
  }
}
