import { join } from 'node:path'
import type { Actor, ActorOptions } from '../processes/actor.js'
import { Exposition, wentBack } from '../processes/exposition.js'
import { type Answer, ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

export interface ApplicationOptions extends ActorOptions {
  readonly workers?: number
}

/** An application with workers behind one port, each of which names itself in its answers. */
export class ClusteredApplication {
  /** Each scrape of the shared port, in order. */
  private readonly scrapes: Exposition[] = []

  private constructor(
    private readonly actor: Actor,
    private readonly port: number,
    private readonly workers: number,
  ) {}

  static async start(
    stage: Stage,
    folder: string,
    program: string,
    { workers = 3, ...options }: ApplicationOptions = {},
  ): Promise<ClusteredApplication> {
    const port = await freePort()
    const env = { ...options.env, PORT: String(port), WORKERS: String(workers) }
    const actor = stage.launch(join(folder, program), { ...options, env, cwd: folder })
    const application = new ClusteredApplication(actor, port, workers)
    await application.complete()
    return application
  }

  /** What its processes wrote to stderr. */
  get errors(): string {
    return this.actor.errors
  }

  /** Sends requests over several connections at a time; each must succeed. */
  async send(path: string, times: number): Promise<void> {
    let left = times
    const client = async (): Promise<void> => {
      while (left-- > 0) await this.ask(path)
    }
    await Promise.all(Array.from({ length: 4 }, client))
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
    await this.complete((pids) => !pids.has(killed!))
  }

  /** One scrape, by whichever worker gets the request. */
  async scrape(path = '/metrics'): Promise<Exposition> {
    return (await this.scraped(path)).exposition
  }

  /** A scrape by each worker. */
  async scrapeEach(path = '/metrics'): Promise<readonly Exposition[]> {
    const shown = new Map<string, Exposition>()
    await until(
      async () => {
        const { worker, exposition } = await this.scraped(path)
        shown.set(worker, exposition)
      },
      () => shown.size === this.workers,
    )
    return [...shown.values()]
  }

  /** What went back from one scrape to the next. */
  get wentBack(): readonly string[] {
    return this.scrapes.slice(1).flatMap((scrape, i) => wentBack(this.scrapes[i]!, scrape))
  }

  private async scraped(path: string): Promise<{ readonly worker: string; readonly exposition: Exposition }> {
    const { headers, body } = await this.ask(path)
    const exposition = new Exposition(body)
    if (path === '/metrics') this.scrapes.push(exposition)
    return { worker: String(headers.worker), exposition }
  }

  /** The pids of the workers, once all of them answer. */
  private complete(are: (pids: ReadonlySet<string>) => boolean = () => true): Promise<ReadonlySet<string>> {
    return until(
      async () => {
        const pids = new Set<string>()
        for (let i = 0; i < 2 * this.workers; i++) {
          // A worker that starts, or was killed, may get the connection.
          const answer = await ask(`http://127.0.0.1:${this.port}/`, 'GET', 2000).catch(() => undefined)
          if (answer !== undefined) pids.add(String(answer.headers.worker))
        }
        if (!this.actor.running) throw new Error(`the application ended: ${this.errors}`)
        return pids
      },
      (pids) => pids.size === this.workers && are(pids),
    )
  }
}
