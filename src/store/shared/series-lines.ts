import type { FamilyDescriptor } from '../../model/descriptor.js'
import { layoutOf } from '../../model/layout/layout-of.js'
import { descriptorFromJson } from '../../model/prom-client-descriptor.js'
import type { SeriesKey } from '../../model/series-key.js'
import { opened, removed, type SeriesLog } from '../core/series-log.js'
import { crc32 } from './checksum.js'
import { KeyTexts } from './key-texts.js'

/*
 * The series file: one line per family or series, readable with `cat`.
 *
 *   2f0c1a9b f 0 {"type":"counter","name":"http_requests_total",…}     family 0
 *   91c3d2e0 s 0 12 1732160000.123 ["GET","200"]                        a series of family 0 begins at slot 12
 *   7be10c55 d 0 12 ["GET","200"]                                       it was removed; slot 12 may be used again
 *
 * The first eight digits are the CRC-32 of the bytes from the letter to the end of the line.
 */

const space = 32
const lineFeed = 10
const widestGap = 1000
/** Lines that `LinesInUse` reads or returns in one step. */
const linesOfStep = 512

export function familyLine(index: number, family: FamilyDescriptor): Buffer {
  return line(`f ${index} ${JSON.stringify(family)}`)
}

/** The decimals of a series' creation time, and the zeros between them and the position. */
const [decimals, gap] = [3, '000000']

/**
 * @param behind the position up to which removals do not apply to the series. It is stored in further decimals of the
 * time, which are too small to change it, so older readers ignore it
 */
export function openedLine(family: number, slot: number, created: number, key: SeriesKey, behind?: number): Buffer {
  const time = behind === undefined ? `${created}` : `${created.toFixed(decimals)}${gap}${behind}`
  return line(`s ${family} ${slot} ${time} ${key}`)
}

export function removedLine(family: number, slot: number, key: SeriesKey): Buffer {
  return line(`d ${family} ${slot} ${key}`)
}

const line = checkedLine

/** Returns a line that begins with the checksum of the rest. */
export function checkedLine(text: string): Buffer {
  const bytes = Buffer.from(`00000000 ${text}\n`)
  bytes.write(
    crc32(bytes, 9, bytes.length - 1)
      .toString(16)
      .padStart(8, '0'),
    0,
    'latin1',
  )
  return bytes
}

/** Returns the text after the checksum; undefined if they do not match. */
export function checkedText(bytes: Buffer, from: number, end: number): string | undefined {
  const whole = end - from >= 10 && sumMatches(bytes, from, crc32(bytes, from + 9, end))
  return whole ? bytes.toString('utf8', from + 9, end) : undefined
}

/** The result of reading a part of a series file. */
export interface LinesRead {
  /** The number of bytes in complete lines. */
  readonly length: number
  /** The number of skipped lines, whose checksum or content was wrong. */
  readonly faults: number
}

/**
 * Adds the lines of `bytes` to the log, and stops at an incomplete line.
 *
 * An impossible line (an unknown family, slots beyond the file) is a fault, never a wrong series.
 *
 * @param slots how many slots the values file has
 * @param keys the keys of all files that are read together
 */
export function readLines(bytes: Buffer, log: SeriesLog, slots: number, keys = new KeyTexts()): LinesRead {
  let from = 0
  let faults = 0
  for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
    if (!readLine(bytes, from, end, log, slots, keys)) faults++
    from = end + 1
  }
  return { length: from, faults }
}

/**
 * The lines of families, and of series that were not removed: complete and unparsed, with their line feeds. Only the
 * numbers of their slots are read.
 */
export class LinesInUse {
  private readonly families: number[] = []
  /** The position of the line of the series at each slot. */
  private readonly series = new Map<number, number>()

  constructor(private readonly bytes: Buffer) {}

  get count(): number {
    return this.families.length + this.series.size
  }

  /** Reads the lines, in steps. */
  *read(): Iterable<void> {
    const { bytes } = this
    let from = 0
    let lines = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
      this.readLine(from, end)
      from = end + 1
      if (++lines % linesOfStep === 0) yield
    }
  }

  /** Returns the lines, in pieces. */
  *pieces(): Iterable<Buffer> {
    const { bytes } = this
    let lines: Buffer[] = []
    for (const begins of [this.families, this.series.values()])
      for (const from of begins) {
        if (lines.push(bytes.subarray(from, bytes.indexOf(lineFeed, from) + 1)) < linesOfStep) continue
        yield Buffer.concat(lines)
        lines = []
      }
    yield Buffer.concat(lines)
  }

  private readLine(from: number, end: number): void {
    const { bytes, families, series } = this
    const slotAt = bytes.indexOf(space, from + 11) + 1
    const letter = isWhole(bytes, from, end) ? bytes[from + 9] : undefined
    if (letter === 0x66 /* f */) families.push(from)
    else if (letter !== undefined && slotAt > 0) {
      const slot = whole(bytes, slotAt, bytes.indexOf(space, slotAt))
      if (letter === 0x73 /* s */) series.set(slot, from)
      else if (letter === 0x64 /* d */) series.delete(slot)
    }
  }
}

/** Whether a line has a letter and a correct checksum. */
function isWhole(bytes: Buffer, from: number, end: number): boolean {
  if (end - from < 14 || bytes[from + 8] !== space || bytes[from + 10] !== space) return false
  return sumMatches(bytes, from, crc32(bytes, from + 9, end))
}

function readLine(bytes: Buffer, from: number, end: number, log: SeriesLog, slots: number, keys: KeyTexts): boolean {
  if (!isWhole(bytes, from, end)) return false
  const letter = bytes[from + 9]
  if (letter === 0x73 /* s */) return readOpened(bytes, from + 11, end, log, slots, keys)
  if (letter === 0x66 /* f */) return readFamily(bytes, from + 11, end, log)
  if (letter === 0x64 /* d */) return readRemoved(bytes, from + 11, end, log, keys)
  return false
}

function readOpened(bytes: Buffer, from: number, end: number, log: SeriesLog, slots: number, keys: KeyTexts): boolean {
  const afterFamily = bytes.indexOf(space, from) + 1
  const afterSlot = bytes.indexOf(space, afterFamily) + 1
  const afterCreated = bytes.indexOf(space, afterSlot) + 1
  if (afterFamily === 0 || afterSlot === 0 || afterCreated === 0 || !isKey(bytes, afterCreated, end)) return false
  const family = whole(bytes, from, afterFamily - 1)
  const slot = whole(bytes, afterFamily, afterSlot - 1)
  const created = decimal(bytes, afterSlot, afterCreated - 1)
  const known = log.families[family]
  if (known === undefined || slot < 0 || slot + layoutOf(known).width > slots) return false
  if (!(created >= 0 && created < Number.POSITIVE_INFINITY)) return false
  const key = keys.text(bytes, afterCreated, end)
  if (keys.arity !== known.labelNames.length) return false
  const behind = positionIn(bytes, afterSlot, afterCreated - 1)
  if (behind !== undefined) log.openedBehind.set(log.length, behind)
  log.append(opened, family, slot, key, created)
  return true
}

/** Returns the position in the further decimals of a time; undefined if it has none. */
function positionIn(bytes: Buffer, from: number, end: number): number | undefined {
  const point = bytes.indexOf(0x2e, from)
  // A time has fewer decimals than one with a position.
  if (point < 0 || end - point <= 1 + decimals + gap.length) return undefined
  const text = bytes.toString('latin1', point + 1, end)
  if (!text.startsWith(gap, decimals)) return undefined
  const position = Number(text.slice(decimals + gap.length))
  return Number.isSafeInteger(position) ? position : undefined
}

function readRemoved(bytes: Buffer, from: number, end: number, log: SeriesLog, keys: KeyTexts): boolean {
  const afterFamily = bytes.indexOf(space, from) + 1
  const afterSlot = bytes.indexOf(space, afterFamily) + 1
  if (afterFamily === 0 || afterSlot === 0 || !isKey(bytes, afterSlot, end)) return false
  const family = whole(bytes, from, afterFamily - 1)
  const slot = whole(bytes, afterFamily, afterSlot - 1)
  const known = log.families[family]
  if (known === undefined || slot < 0) return false
  const key = keys.text(bytes, afterSlot, end)
  if (keys.arity !== known.labelNames.length) return false
  log.append(removed, family, slot, key, 0)
  return true
}

function readFamily(bytes: Buffer, from: number, end: number, log: SeriesLog): boolean {
  const afterIndex = bytes.indexOf(space, from) + 1
  const index = afterIndex === 0 ? -1 : whole(bytes, from, afterIndex - 1)
  // A gap is a family whose line was broken: its series are skipped, those of later families are not.
  if (index < log.families.length || index > log.families.length + widestGap) return false
  // The checksum shows that the line is complete, not that a metric wrote it.
  const family = descriptorFromJson(bytes.toString('utf8', afterIndex, end))
  if (family === undefined) return false
  while (log.families.length < index) log.families.push(undefined)
  log.families.push(family)
  return true
}

/** Whether these bytes are a list. */
function isKey(bytes: Buffer, from: number, end: number): boolean {
  return end - from >= 2 && bytes[from] === 0x5b /* [ */ && bytes[end - 1] === 0x5d /* ] */
}

/** Parses digits; returns -1 for anything else. */
function whole(bytes: Buffer, from: number, end: number): number {
  if (end <= from || end - from > 10) return -1
  let number = 0
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return -1
    number = number * 10 + digit
  }
  return number
}

/** Parses a number of digits and a point, such as a time, without creating a string. */
function decimal(bytes: Buffer, from: number, end: number): number {
  let digits = 0
  let divisor = 0
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - 48
    if (digit === -2 && divisor === 0) divisor = 1
    else if (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit
      divisor *= 10
    } else return Number(bytes.toString('latin1', from, end))
  }
  // The quotient of two exact numbers is rounded like the text would be.
  const exact = end - from > (divisor > 0 ? 1 : 0) && digits <= Number.MAX_SAFE_INTEGER && divisor <= 1e22
  return exact ? digits / (divisor || 1) : Number(bytes.toString('latin1', from, end))
}

/** Whether the eight hexadecimal digits at `from` are the checksum. */
function sumMatches(bytes: Buffer, from: number, sum: number): boolean {
  let spelled = 0
  for (let i = from; i < from + 8; i++) {
    const code = bytes[i]!
    const digit = code >= 97 ? code - 87 : code - 48
    if (digit < 0 || digit > 15) return false
    spelled = (spelled << 4) | digit
  }
  return spelled >>> 0 === sum
}

/** Parses eight hexadecimal digits as a signed number; any number for other characters. */
export function sumAt(bytes: Uint8Array, at: number): number {
  let sum = 0
  for (let i = at; i < at + 8; i++) {
    const code = bytes[i]!
    sum = (sum << 4) | ((code >= 97 ? code - 87 : code - 48) & 15)
  }
  return sum
}
