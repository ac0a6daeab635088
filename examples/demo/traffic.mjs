import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** The requests of the client, in turn, and the route under which the application counts each. */
const calls = [
  ['GET', '/', '/'],
  ['GET', '/items/1', '/items/:id'],
  ['GET', '/items/27', '/items/:id'],
  ['POST', '/orders', '/orders'],
  ['GET', '/nowhere', 'none'],
]
/** A connection stays with one worker. It is closed after some requests, so that all workers get some. */
const requestsPerConnection = () => 10 + Math.floor(Math.random() * 30)

/** A client of the application: sends `concurrency` requests at a time over kept connections, and counts the answers. */
export class Traffic {
  sent = 0
  answered = 0
  /** Requests without an answer: they may have been counted or not. */
  broken = 0
  /** Answered requests by `METHOD route status`. */
  bySeries = new Map()
  /** Answered requests by the pid of the worker. */
  byWorker = new Map()
  #url
  #pause
  #lanes
  #done
  #running = true
  /** The worker that the client leaves alone at the moment. */
  #left
  #resume = () => {}
  #resumed = Promise.resolve()

  /** @param pause milliseconds between two requests of a connection */
  constructor(url, concurrency, pause = 0) {
    this.#url = url
    this.#pause = pause
    this.#lanes = Array.from({ length: concurrency }, () => ({
      worker: undefined,
      busy: false,
      since: 0,
      agent: undefined,
    }))
    this.#done = Promise.all(this.#lanes.map((lane, i) => this.#send(lane, i)))
  }

  /**
   * Resolves when no request to this worker is in progress. From then on none is sent to it and no connection is opened,
   * until `resume`; the other workers continue to answer.
   */
  async leave(worker) {
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve
    })
    this.#left = worker
    while (this.#lanes.some((lane) => lane.busy && this.#mayReach(lane))) await sleep(1)
  }

  resume() {
    this.#left = undefined
    this.#resume()
  }

  /**
   * Gives up what was sent before this moment and still has no answer a second later: a connection that was being handed
   * to a worker when it was killed stays open, and no process answers on it.
   */
  async giveUp(moment) {
    await sleep(1000)
    for (const { busy, since, agent } of this.#lanes) if (busy && since < moment) agent.destroy()
  }

  /** Resolves when the last request has its answer. */
  async stop() {
    this.#running = false
    await this.#done
  }

  /** Whether this lane's next request may go to the worker that is left alone: a new connection may go to any. */
  #mayReach({ worker }) {
    return this.#left !== undefined && (worker === undefined || worker === this.#left)
  }

  async #send(lane, turn) {
    while (this.#running) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      lane.agent = agent
      const enough = requestsPerConnection()
      lane.worker = undefined
      for (let i = 0; this.#running && (i < enough || this.#left !== undefined); i++) {
        if (this.#mayReach(lane)) break
        lane.busy = true
        lane.since = performance.now()
        lane.worker = await this.#call(agent, calls[turn++ % calls.length])
        lane.busy = false
        if (this.#pause > 0) await sleep(this.#pause)
        if (lane.worker === undefined) break
      }
      agent.destroy()
      await this.#resumed
    }
  }

  /** Sends one request; gives the pid of the worker that answered. */
  async #call(agent, [method, path, route]) {
    this.sent++
    const response = await whole(request(`${this.#url}${path}`, { method, agent }))
    if (response === undefined) {
      this.broken++
      return undefined
    }
    this.answered++
    const worker = Number(response.headers['x-worker'])
    add(this.bySeries, `${method} ${route} ${response.statusCode}`)
    add(this.byWorker, worker)
    return worker
  }
}

/** The answer to a request once all of it is here; undefined when it broke. */
function whole(call) {
  return new Promise((resolve) => {
    call.on('error', () => resolve(undefined))
    call.on('response', (response) => {
      response.on('error', () => resolve(undefined))
      response.on('end', () => resolve(response))
      response.on('close', () => resolve(undefined))
      response.resume()
    })
    call.end()
  })
}

function add(tally, key) {
  tally.set(key, (tally.get(key) ?? 0) + 1)
}
