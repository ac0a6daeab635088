import type { FamilyDescriptor } from '../../model/descriptor.js'
import { grown } from '../../model/series-index/hash-chains.js'
import type { LabelTexts } from '../../model/series-ref.js'
import { type Removal, removalTargetOf } from '../core/removal-index.js'
import { formIn, formOf, removalsIn } from './removal-lines.js'
import { checkedLine, sumAt } from './series-lines.js'

const [lineFeed, blank, quote, colon, backslash] = [10, 0x20, 0x22, 0x3a, 0x5c]
/** Bytes of a checksum and the following space. */
const textAt = 9
/** Added to forms that the line does not name, so that they differ from named forms. */
const unnamed = 2 ** 32

/** Lines of removals, and the position of the first byte. */
interface Piece {
  readonly from: number
  readonly bytes: Buffer
}

/** The common part of lines that differ only in the values of labels. */
interface Form extends Pick<Removal, 'author'> {
  /** The labels with a value, in the order of the line. */
  readonly withValue: readonly string[]
  /** The labels that a series must not have. */
  readonly without: readonly string[]
  /** The text around the values. */
  readonly parts: readonly string[]
}

/**
 * The removals that a seat knows but has not taken. It answers whether one of them names a series. Only the checksum
 * and the form of a line are read, and one line of each form is parsed. To check a series, the line that would name it
 * is built for each form and looked up by its checksum.
 */
export class UntakenRemovals {
  private readonly pieces: Piece[] = []
  /** By their numbers; undefined for a form that names no series. */
  private readonly forms = new Map<number, Form | undefined>()
  private readonly byTarget = new Map<string, Form[]>()
  /** For each line, from 1 on: its checksum, its position, and the previous line in its chain. */
  private sums: Int32Array = new Int32Array(16)
  private begins: Float64Array = new Float64Array(16)
  private next: Int32Array = new Int32Array(16)
  /** The last line of each chain; 0 for none. Their number is a power of two. */
  private heads: Int32Array = new Int32Array(16)
  private count = 0
  /** The form of the last line. */
  private last = -1

  get any(): boolean {
    return this.pieces.length > 0
  }

  /**
   * @param bytes whole lines
   * @param from the position of the first byte
   */
  add(bytes: Buffer, from: number): void {
    if (bytes.length > 0) this.pieces.push({ from, bytes })
    let begin = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, begin)) {
      const form = formIn(bytes, begin, end)
      if (form === this.last || this.learn(form, bytes, begin, end)) this.enter(sumAt(bytes, begin), from + begin)
      begin = end + 1
    }
  }

  /**
   * Whether a removal names a series.
   *
   * @param after removals up to this position do not count
   * @param self removals of this author do not count
   */
  names(family: FamilyDescriptor, labelValues: LabelTexts, after: number, self: string): boolean {
    const forms = this.byTarget.get(removalTargetOf(family))
    if (forms === undefined) return false
    for (const form of forms) {
      if (form.author === self) continue
      const text = textOf(form, family.labelNames, labelValues)
      if (text !== undefined && this.has(checkedLine(text), after)) return true
    }
    return false
  }

  private has(line: Buffer, after: number): boolean {
    const sum = sumAt(line, 0)
    for (let i = this.heads[sum & (this.heads.length - 1)]!; i !== 0; i = this.next[i]!) {
      const begin = this.begins[i]!
      // The chain leads from later lines to earlier ones.
      if (begin + line.length <= after) return false
      if (this.sums[i] === sum && this.stands(line, begin)) return true
    }
    return false
  }

  private stands(line: Buffer, begin: number): boolean {
    const { from, bytes } = this.pieces.findLast((piece) => piece.from <= begin)!
    const at = begin - from
    return at + line.length <= bytes.length && bytes.compare(line, 0, line.length, at, at + line.length) === 0
  }

  /** Whether a line may name series. The first line of each form is parsed, and each line that does not name its form. */
  private learn(named: number | undefined, bytes: Buffer, begin: number, end: number): boolean {
    let number = named
    if (number === undefined || !this.forms.has(number)) {
      const [removal] = removalsIn(bytes.subarray(begin, end + 1), 0).removals
      if (removal === undefined) return false
      number ??= unnamed + formOf(removal)
      if (!this.forms.has(number)) this.define(number, removal, bytes, begin, end)
    }
    if (this.forms.get(number) === undefined) return false
    if (named !== undefined) this.last = named
    return true
  }

  private define(number: number, removal: Removal, bytes: Buffer, begin: number, end: number): void {
    const form = formFrom(removal, bytes, begin, end)
    this.forms.set(number, form)
    if (form === undefined) return
    const target = removalTargetOf(removal)
    const forms = this.byTarget.get(target)
    if (forms === undefined) this.byTarget.set(target, [form])
    else forms.push(form)
  }

  private enter(sum: number, begin: number): void {
    const i = ++this.count
    if (i >= this.sums.length) this.grow()
    if (i > this.heads.length) this.widen()
    this.sums[i] = sum
    this.begins[i] = begin
    this.link(i)
  }

  private grow(): void {
    const length = this.sums.length * 2
    this.sums = grown(this.sums, length)
    this.begins = grown(this.begins, length)
    this.next = grown(this.next, length)
  }

  private widen(): void {
    this.heads = new Int32Array(this.heads.length * 4)
    for (let i = 1; i < this.count; i++) this.link(i)
  }

  private link(i: number): void {
    const chain = this.sums[i]! & (this.heads.length - 1)
    this.next[i] = this.heads[chain]!
    this.heads[chain] = i
  }
}

/** Returns undefined for a line that names a label twice. */
function formFrom({ labels, author }: Removal, bytes: Buffer, begin: number, end: number): Form | undefined {
  const parts: string[] = []
  let from = begin + textAt
  let before = 0
  for (let at = from; at < end; at++) {
    const byte = bytes[at]!
    if (byte === quote) {
      const value = at
      for (at++; bytes[at] !== quote; at++) if (bytes[at] === backslash) at++
      if (before === colon) {
        parts.push(bytes.toString('utf8', from, value))
        from = at + 1
      }
    }
    if (byte > blank) before = byte
  }
  parts.push(bytes.toString('utf8', from, end))
  const names = Object.keys(labels)
  const withValue = names.filter((name) => labels[name] !== null)
  const without = names.filter((name) => labels[name] === null)
  if (parts.length !== withValue.length + 1) return undefined
  return { parts, withValue, without, ...(author !== undefined && { author }) }
}

/** Returns the line that would name a series in this form; undefined if no line of this form can. */
function textOf(
  { parts, withValue, without }: Form,
  labelNames: readonly string[],
  values: readonly (string | null)[],
): string | undefined {
  for (const name of without) if (values[labelNames.indexOf(name)] !== null) return undefined
  let text = parts[0]!
  for (const [i, name] of withValue.entries()) {
    const value = values[labelNames.indexOf(name)]
    if (value === null || value === undefined) return undefined
    text += JSON.stringify(value) + parts[i + 1]!
  }
  return text
}
