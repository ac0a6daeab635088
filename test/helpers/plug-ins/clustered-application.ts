import { join } from 'node:path'
import type { Actor, ActorOptions } from '../processes/actor.js'
import { Exposition, wentBack } from '../processes/exposition.js'
import { type Answer, ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import type { PlugIn } from './plug-ins.js'

export interface ApplicationOptions extends Pick<ActorOptions, 'env' | 'node'> {
  readonly workers?: number
}

/** How many connections the driver has at a time. */
export const connections = 4

/** An application of a plug-in: workers on one port, each of which names itself in its answers. */
export class ClusteredApplication {
  /** What the workers showed, in order. */
  private readonly scrapes: Exposition[] = []

  private constructor(
    private readonly plugIn: PlugIn,
    private readonly actor: Actor,
    private readonly port: number,
    private readonly workers: number,
  ) {}

  static async start(
    stage: Stage,
    folder: string,
    plugIn: PlugIn,
    { workers = 3, env, node = plugIn.node ?? process.execPath }: ApplicationOptions = {},
  ): Promise<ClusteredApplication> {
    const port = await freePort(2)
    const ports = { PORT: String(port), CLUSTER_PORT: String(port + 1), WORKERS: String(workers) }
    const actor = stage.launch(join(folder, plugIn.program), { node, env: { ...env, ...ports }, cwd: folder })
    const application = new ClusteredApplication(plugIn, actor, port, workers)
    await application.complete()
    return application
  }

  /** What its processes wrote to stderr. */
  get errors(): string {
    return this.actor.errors
  }

  /** Sends requests over several connections at a time; each must succeed. */
  async send(times: number): Promise<void> {
    let left = times
    const client = async (): Promise<void> => {
      while (left-- > 0) await this.ask(this.plugIn.request)
    }
    await Promise.all(Array.from({ length: connections }, client))
  }

  /** Sends requests and waits until a scrape shows `all`: a plug-in may count after the client has its answer. */
  async sendCounted(times: number, all: number): Promise<void> {
    await this.send(times)
    await until(
      async () => this.counted(await this.scrape()),
      (counts) => Object.values(counts).every((count) => count === all),
      20_000,
    )
  }

  /** Kills workers one after the other, under load; returns the numbers of sent and of answered requests. */
  async killUnderLoad(times: number): Promise<{ readonly sent: number; readonly answered: number }> {
    let [sent, answered, killing] = [0, 0, true]
    const client = async (): Promise<void> => {
      while (killing) {
        sent++
        const url = `http://127.0.0.1:${this.port}${this.plugIn.request}`
        const answer = await ask(url, 'GET', 5000).catch(() => undefined)
        if (answer?.status === 200) answered++
      }
    }
    const clients = Array.from({ length: connections }, client)
    for (let i = 0; i < times; i++) {
      await this.kill()
      await this.scrape()
    }
    killing = false
    await Promise.all(clients)
    return { sent, answered }
  }

  async ask(path: string): Promise<Answer> {
    const answer = await ask(`http://127.0.0.1:${this.port}${path}`)
    if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}: ${answer.body}\n${this.errors}`)
    return answer
  }

  /** Ends a worker with SIGKILL, and waits until its successor answers. */
  async kill(): Promise<void> {
    const [killed] = await this.complete()
    process.kill(Number(killed), 'SIGKILL')
    await this.complete((pids) => !pids.includes(killed!))
  }

  /** One scrape, by whichever worker gets the request. */
  async scrape(): Promise<Exposition> {
    const [scrape] = await this.scraped('/metrics')
    return scrape
  }

  /** A scrape by each worker. */
  async scrapeEach(path = '/metrics'): Promise<readonly Exposition[]> {
    const shown = new Map<string, Exposition>()
    await until(
      async () => {
        const [scrape, worker] = await this.scraped(path)
        shown.set(worker, scrape)
      },
      () => shown.size === this.workers,
    )
    return [...shown.values()]
  }

  /** What the primary shows on a port of its own. */
  async scrapePrimary(): Promise<Exposition> {
    const { status, body } = await ask(`http://127.0.0.1:${this.port + 1}/metrics`)
    if (status !== 200) throw new Error(`the primary answers ${status}: ${body}\n${this.errors}`)
    return new Exposition(body)
  }

  /** The requests of the driver in a scrape, by the names of the plug-in. */
  counted(scrape: Exposition): Readonly<Record<string, number>> {
    const counts = Object.entries(this.plugIn.counts).map(([name, part]) => {
      const samples = Object.entries(scrape.labelled(name)).filter(([labels]) => labels.includes(part))
      return [name, samples.reduce((sum, [, value]) => sum + value, 0)]
    })
    return Object.fromEntries(counts)
  }

  /** The same number for each name of the plug-in. */
  each(count: number): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.keys(this.plugIn.counts).map((name) => [name, count]))
  }

  /** What went back from one scrape of a worker to the next, of any worker. */
  get wentBack(): readonly string[] {
    return this.scrapes.slice(1).flatMap((scrape, i) => wentBack(this.scrapes[i]!, scrape))
  }

  private async scraped(path: string): Promise<readonly [scrape: Exposition, worker: string]> {
    const { headers, body } = await this.ask(path)
    const scrape = new Exposition(body)
    if (path === '/metrics') this.scrapes.push(scrape)
    return [scrape, String(headers.worker)]
  }

  /** The pids of the workers, once all of them answer. */
  private complete(are: (pids: readonly string[]) => boolean = () => true): Promise<readonly string[]> {
    return until(
      async () => {
        const pids = new Set<string>()
        for (let i = 0; i < 2 * this.workers; i++) {
          // A worker that starts, or was killed, may get the connection.
          const answer = await ask(`http://127.0.0.1:${this.port}/`, 'GET', 2000).catch(() => undefined)
          if (answer !== undefined) pids.add(String(answer.headers.worker))
        }
        if (!this.actor.running) throw new Error(`the application ended: ${this.errors}`)
        return [...pids]
      },
      (pids) => pids.length === this.workers && are(pids),
    )
  }
}
