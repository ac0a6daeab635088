import { spawnSync } from 'node:child_process'
import { Exposition } from './processes/exposition.js'
import { ask } from './processes/http.js'
import { startServer } from './processes/prometheus-program.js'
import type { Stage } from './processes/stage.js'

/** Whether this system has a Pushgateway; `scripts/provision.mjs` installs it if permitted. */
export const hasPushgateway = spawnSync('prometheus-pushgateway', ['--version'], { stdio: 'ignore' }).status === 0

/** A real Pushgateway on a free port, which keeps pushed metrics in memory. */
export class PushgatewayServer {
  private constructor(readonly url: string) {}

  static async start(stage: Stage): Promise<PushgatewayServer> {
    return new PushgatewayServer(await startServer(stage, 'prometheus-pushgateway'))
  }

  /** The pushed metrics that Prometheus gets from it: name → labels as printed → value. */
  async samples(): Promise<Record<string, Record<string, number>>> {
    const { body } = await ask(`${this.url}/metrics`)
    const pushed: Record<string, Record<string, number>> = {}
    for (const [sample, value] of new Exposition(body).samples) {
      const [, name, labels] = /^(\w+)\{(.*)\}$/.exec(sample) ?? []
      if (name === undefined || !/(?:^|,)job="/.test(labels!) || /^push(?:_failure)?_time_seconds$/.test(name)) continue
      ;(pushed[name] ??= {})[labels!] = value
    }
    return pushed
  }

  /** The labels of each group that it keeps. */
  async groups(): Promise<readonly Readonly<Record<string, string>>[]> {
    const { data } = JSON.parse((await ask(`${this.url}/api/v1/metrics`)).body)
    return data.map(({ labels }: { labels: Record<string, string> }) => labels)
  }
}
