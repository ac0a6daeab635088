/** Sums up an exposition as it comes in, whole or in chunks, without keeping it. */
export class Totals {
  #rest = ''
  #decoder = new TextDecoder()
  #sums
  bytes = 0
  lines = 0

  /** @param {string[]} names of the samples whose values are added up, over all labels */
  constructor(names) {
    this.#sums = new Map(names.map((name) => [`${name}{`, 0]))
  }

  /** @param {string | Uint8Array[]} body */
  static of(body, names) {
    const totals = new Totals(names)
    if (typeof body === 'string') totals.#take(body, Buffer.byteLength(body))
    else for (const chunk of body) totals.#take(totals.#decoder.decode(chunk, { stream: true }), chunk.length)
    return totals
  }

  of(name) {
    return this.#sums.get(`${name}{`)
  }

  #take(text, bytes) {
    this.bytes += bytes
    const whole = this.#rest + text
    let at = 0
    for (let end = whole.indexOf('\n'); end !== -1; end = whole.indexOf('\n', at)) {
      this.#line(whole, at, end)
      at = end + 1
    }
    this.#rest = whole.slice(at)
  }

  #line(whole, at, end) {
    this.lines++
    for (const [start, sum] of this.#sums) {
      if (!whole.startsWith(start, at)) continue
      this.#sums.set(start, sum + Number(whole.slice(whole.lastIndexOf(' ', end) + 1, end)))
    }
  }
}
