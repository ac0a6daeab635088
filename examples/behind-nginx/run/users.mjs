import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What users do, in turn. */
const visits = [
  ['GET', '/'],
  ['GET', '/items/1'],
  ['POST', '/orders'],
  ['GET', '/items/27'],
  ['GET', '/nowhere'],
]

/** The users of the application: they send requests to nginx, and remember what they got. */
export class Users {
  sent = 0
  /** Answers by status; `none` for requests without one. */
  byStatus = new Map()
  #url
  #turn = 0
  #running = false
  #lanes

  constructor(url) {
    this.#url = url
  }

  /** Sends requests, some at the same time, until `stop()`; with a pause in milliseconds before each. */
  start({ lanes = 4, pause = 0 } = {}) {
    this.#running = true
    const lane = async () => {
      while (this.#running) {
        await this.visit(1)
        await sleep(pause)
      }
    }
    this.#lanes = Promise.all(Array.from({ length: lanes }, lane))
  }

  /** Resolves when the last request is answered. */
  async stop() {
    this.#running = false
    await this.#lanes
  }

  /** Sends a number of requests, one after the other. */
  async visit(count) {
    for (let i = 0; i < count; i++) await this.send(...visits[this.#turn++ % visits.length])
  }

  async send(method, path) {
    this.sent++
    const status = await ask(`${this.#url}${path}`, { method }).then(
      ({ status }) => status,
      () => 'none',
    )
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1)
    return status
  }
}

/** Sends one request on a connection of its own; `localAddress` is where it comes from. */
export function ask(url, options = {}) {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject)
    })
    call.on('error', reject)
    call.end()
  })
}
