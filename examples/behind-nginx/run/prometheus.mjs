/** Prometheus, as its HTTP API answers. */
export class Prometheus {
  constructor(url) {
    this.url = url
  }

  ready() {
    return fetch(`${this.url}/-/ready`).then(({ ok }) => ok)
  }

  /** The value of an expression with a single series; undefined if it has none. */
  async value(expression) {
    const [value] = await this.values(expression)
    return value
  }

  /** The values of an expression, one for each series. */
  async values(expression) {
    return (await this.#query(expression)).map(({ value }) => Number(value[1]))
  }

  /** What Prometheus has stored, scrape by scrape, for each series of an expression such as `up[1m]`. */
  async samples(expression) {
    return (await this.#query(expression)).map(({ values }) => values.map(([, value]) => Number(value)))
  }

  /** The names of the alerts that fire. */
  async firing() {
    const { alerts } = await this.#ask('alerts')
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname)
  }

  async #query(expression) {
    return (await this.#ask(`query?query=${encodeURIComponent(expression)}`)).result
  }

  async #ask(what) {
    const answer = await (await fetch(`${this.url}/api/v1/${what}`)).json()
    if (answer.status !== 'success') throw new Error(`${what}: ${answer.error}`)
    return answer.data
  }
}
