import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ActorOptions } from '../processes/actor.js'
import { root } from '../processes/dist.js'
import { Exposition } from '../processes/exposition.js'
import { ask } from '../processes/http.js'
import { freePort } from '../processes/port.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'

const program = join(root, 'test', 'preload', 'programs', 'shop.cjs')
const workers = 3

/** Makes packages importable from a folder, each by its name and installed path. */
export function link(folder: string, packages: Readonly<Record<string, string>>): void {
  for (const [name, target] of Object.entries(packages)) {
    const path = join(folder, 'node_modules', name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path, 'dir')
  }
}

/** `shop.cjs` in a folder that has its packages; the same for each way to promhive. */
export class ClusterShop {
  private constructor(
    private readonly url: string,
    readonly errors: () => string,
  ) {}

  static async start(stage: Stage, folder: string, options: ActorOptions = {}): Promise<ClusterShop> {
    const file = join(folder, 'shop.cjs')
    copyFileSync(program, file)
    link(folder, { express: join(root, 'node_modules', 'express') })
    const port = await freePort()
    const env = { ...options.env, PORT: String(port) }
    const actor = stage.launch(file, { ...options, env, cwd: folder })
    const shop = new ClusterShop(`http://127.0.0.1:${port}`, () => actor.errors)
    await until(
      () => shop.pids(),
      (pids) => pids.size === workers,
    )
    return shop
  }

  /** Buys, and ends a worker in between. */
  async buyThroughKill(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      if (i === Math.floor(times / 2)) await this.kill()
      const { status } = await ask(`${this.url}/buy`)
      if (status !== 200) throw new Error(`/buy answers ${status}`)
    }
  }

  /** The purchases that each worker shows, by its pid; of every worker. */
  async shown(): Promise<ReadonlyMap<string, number>> {
    const shown = new Map<string, number>()
    await until(
      async () => {
        const { headers, body } = await ask(`${this.url}/metrics`)
        shown.set(String(headers.worker), purchasesIn(new Exposition(body)))
      },
      () => shown.size === workers,
    )
    return shown
  }

  private async kill(): Promise<void> {
    const before = await this.pids()
    const [killed] = before
    process.kill(Number(killed), 'SIGKILL')
    await until(
      () => this.pids(),
      (pids) => pids.size === workers && !pids.has(killed!),
    )
  }

  /** The workers that answer at the moment. */
  private async pids(): Promise<Set<string>> {
    const pids = new Set<string>()
    for (let i = 0; i < 2 * workers; i++) {
      // A killed worker may still get the connection.
      const answer = await ask(`${this.url}/pid`, 'GET', 1000).catch(() => undefined)
      if (answer !== undefined) pids.add(String(answer.headers.worker))
    }
    return pids
  }
}

function purchasesIn(seen: Exposition): number {
  const counts = Object.entries(seen.labelled('http_request_duration_seconds_count'))
  return counts.filter(([labels]) => labels.includes('path="/buy"')).reduce((sum, [, count]) => sum + count, 0)
}
