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

  async values(expression) {
    const { result } = await this.#ask(`query?query=${encodeURIComponent(expression)}`)
    return result.map(({ value }) => Number(value[1]))
  }

  /** The names of the alerts that fire. */
  async firing() {
    const { alerts } = await this.#ask('alerts')
    return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname)
  }

  async #ask(what) {
    const answer = await (await fetch(`${this.url}/api/v1/${what}`)).json()
    if (answer.status !== 'success') throw new Error(`${what}: ${answer.error}`)
    return answer.data
  }
}
