import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { managers } from '../helpers/processes/managers.js'
import { hasPm2, Pm2 } from '../helpers/processes/pm2.js'
import { freePort } from '../helpers/processes/port.js'
import { Purchases } from '../helpers/processes/purchases.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 180_000
const bin = join(root, 'dist', 'esm', 'cli', 'bin.js')
const application = join(root, 'test', 'processes', 'programs', 'http-application.mjs')

/** Starts the same application, and returns the ports that it answers on. */
type Start = (stage: Stage, port: number) => Promise<readonly number[]>

const ways: Readonly<Record<string, Start>> = {
  'by itself': async (stage, port) => {
    stage.launch(application, { env: { PORT: String(port) } })
    return [port]
  },
  'under node:cluster': async (stage, port) => {
    stage.launch('cluster-application.mjs', { env: { PORT: String(port) } })
    return [port]
  },
  'under promhive run': async (stage, port) => {
    stage.launch(bin, { env: { PORT: String(port) }, args: ['run', application, '--workers', '3', '--port', '0'] })
    return [port]
  },
  'in worker threads': async (stage, port) => {
    stage.launch('threads-application.mjs', { env: { PORT: String(port) } })
    return [port, port + 1, port + 2]
  },
  ...(hasPm2 && {
    'under PM2': async (stage: Stage, port: number) => {
      await new Pm2(stage).run(['start', application, '--name', 'shop', '-i', '3'], { PORT: String(port) })
      return [port]
    },
  }),
}

/** The counts of the application, however it was started: families of the process manager are omitted. */
function namesIn({ types }: Exposition): string[] {
  return [...types.keys()].filter((name) => /^(?:http|process|nodejs)_/.test(name)).sort()
}

describe('the same application, unchanged', () => {
  const seen = new Map<string, readonly string[]>()

  test.for(Object.entries(ways))(
    '%s: the numbers are exact in every answer',
    { timeout },
    async ([way, start], { stage }) => {
      const ports = await start(stage, await freePort(3))
      for (const port of ports) {
        await until(
          () => ask(`http://127.0.0.1:${port}/ready`).catch(() => undefined),
          (answer) => answer?.status === 200,
        )
      }
      const buy = (n: number) => ask(`http://127.0.0.1:${ports[n % ports.length]}/buy`)
      const pids = new Set<string>()
      const several = way !== 'by itself' && way !== 'in worker threads'
      let sent = 0
      // Until a second process has answered: some start later.
      for (; sent < 60 || (several && pids.size < 2); sent++) pids.add((await buy(sent)).body)
      for (let n = 0; n < 6; n++) {
        const scrape = new Exposition((await ask(`http://127.0.0.1:${ports[n % ports.length]}/metrics`)).body)
        expect(scrape.value('http_requests_total{path="/buy"}')).toBe(sent)
        seen.set(way, namesIn(scrape))
      }
    },
  )

  test.for(Object.entries(managers))(
    'under %s: exact through a reload, kills and scaling, with the same series before and after',
    { timeout },
    async ([, begin], { stage }) => {
      const manager = await begin(stage)
      const purchases = new Purchases(() => manager.ports())
      await purchases.buy(30)
      const before = await purchases.series()
      const changes = [manager.reload, manager.kill, () => manager.scale(4), () => manager.scale(2), manager.kill]
      for (const change of [...changes, () => manager.scale(3)]) {
        await change()
        await purchases.areExact()
        await purchases.buy(20)
        await purchases.areExact()
      }
      await purchases.haveSeries(before)
      await purchases.end()
    },
  )

  test('shows the same families everywhere', () => {
    const alone = seen.get('by itself')
    expect(alone?.length).toBeGreaterThan(15)
    for (const [way, names] of seen) expect(names, way).toEqual(alone)
  })
})
