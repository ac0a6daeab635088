import { grown } from './hash-chains.js'

/** What a text is known by that application code does not give as it is: it gives nothing, null or '' for no label. */
const absent = Symbol('absent')
const empty = Symbol('empty')

/**
 * The values of one label: each text has a number, and so have the forms in which application code gives it, such as 200
 * for '200', or nothing for the label's default.
 */
export class LabelForms {
  private readonly numbers = new Map<unknown, number>()
  /** By number, from 1 on. */
  private readonly texts: (string | null)[] = [null]
  /** How many series have each. */
  private uses: Int32Array = new Int32Array(8)
  private readonly free: number[] = []

  /** The number of a value as it is given; undefined where it has not been given so before. */
  get(form: unknown): number | undefined {
    return this.numbers.get(form)
  }

  numberOf(text: string | null): number | undefined {
    return this.numbers.get(ownForm(text))
  }

  text(number: number): string | null {
    return this.texts[number]!
  }

  /** One more series has this value. */
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

  /** One series less has it. */
  leave(number: number): void {
    if (--this.uses[number]! > 0) return
    for (const form of formsOf(this.text(number))) if (this.numbers.get(form) === number) this.numbers.delete(form)
    this.texts[number] = null
    this.free.push(number)
  }

  /** The value is given in this form, too. */
  lead(form: unknown, number: number): void {
    if (isKept(form)) this.numbers.set(form, number)
  }
}

/** A new object each time must not fill the map; and what `formsOf` does not name would stay for good. */
function isKept(form: unknown): boolean {
  // A text that is not well formed is shown as another one, which does not lead back to it.
  if (typeof form === 'string') return form.isWellFormed()
  return form === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof form)
}

/** The form that is a text's and no other's. A store may have series with an empty label, and series that lack it. */
function ownForm(text: string | null): unknown {
  return text === null ? absent : text === '' ? empty : text
}

/** A label that was left out may have its default. */
function formsOf(text: string | null): readonly unknown[] {
  const own = ownForm(text)
  if (text === null || text === '') return [own, undefined, null, '']
  const bool = text === 'true' ? true : text === 'false' ? false : text
  const big = wholeNumber.test(text) ? BigInt(text) : text
  return [own, Number(text), big, bool, undefined, null]
}

const wholeNumber = /^(?:0|-?[1-9]\d*)$/
