import { grown } from './hash-chains.js'

/** The form of a missing label, for which the application passes undefined, null or ''. */
const absent = Symbol('absent')
const empty = Symbol('empty')

/**
 * The values of one label. Each text has a number, under which its other forms are found as well, such as 200 for
 * '200', or undefined for the label's default.
 */
export class LabelForms {
  private readonly numbers = new Map<unknown, number>()
  /** By number, from 1 on. */
  private readonly texts: (string | null)[] = [null]
  /** The number of series that have each value. */
  private uses: Int32Array = new Int32Array(8)
  private readonly free: number[] = []

  /** Returns the number of a value in this form; undefined for a new form. */
  get(form: unknown): number | undefined {
    return this.numbers.get(form)
  }

  numberOf(text: string | null): number | undefined {
    return this.numbers.get(ownForm(text))
  }

  text(number: number): string | null {
    return this.texts[number]!
  }

  /** Adds a series that has this value. */
  use(text: string | null): number {
    let number = this.numberOf(text)
    if (number === undefined) {
      number = this.free.pop() ?? this.texts.length
      this.texts[number] = text
      this.numbers.set(ownForm(text), number)
      if (number >= this.uses.length) this.uses = grown(this.uses, number + 1)
    }
    this.uses[number]!++
    return number
  }

  /** Removes a series that has this value. */
  leave(number: number): void {
    if (--this.uses[number]! > 0) return
    for (const form of formsOf(this.text(number))) if (this.numbers.get(form) === number) this.numbers.delete(form)
    this.texts[number] = null
    this.free.push(number)
  }

  /** Adds a form of the value. */
  alias(form: unknown, number: number): void {
    if (isKept(form)) this.numbers.set(form, number)
  }
}

/**
 * Whether a form is stored. A new object each time must not fill the map, and forms that `formsOf` does not list would
 * stay forever.
 */
function isKept(form: unknown): boolean {
  // A text that is not well-formed is shown as another text, which does not lead back to it.
  if (typeof form === 'string') return form.isWellFormed()
  return form === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof form)
}

/** Returns the unique form of a text. A store may have series with an empty label, and series that lack it. */
function ownForm(text: string | null): unknown {
  return text === null ? absent : text === '' ? empty : text
}

/** An omitted label may have its default. */
function formsOf(text: string | null): readonly unknown[] {
  const uniqueForm = ownForm(text)
  if (text === null || text === '') return [uniqueForm, undefined, null, '']
  const bool = text === 'true' ? true : text === 'false' ? false : text
  const big = wholeNumber.test(text) ? BigInt(text) : text
  return [uniqueForm, Number(text), big, bool, undefined, null]
}

const wholeNumber = /^(?:0|-?[1-9]\d*)$/
