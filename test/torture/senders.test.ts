import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { OtlpReceiver } from '../helpers/otlp-receiver.js'
import type { Actor } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { below, randomFrom } from '../helpers/processes/random.js'
import { canMount, fillUp, smallDisk } from '../helpers/processes/small-disk.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { pause, until } from '../helpers/processes/until.js'
import { udpSums } from '../helpers/statsd/udp-sums.js'

const program = fileURLToPath(new URL('../export/programs/several.mjs', import.meta.url))
const seeds = (process.env.SEEDS ?? '1,2,3').split(',').map(Number)
// A failing one can be repeated alone: SEEDS=3 npm run torture.
const steps = 25

interface Destination {
  readonly options: object
  sum(): number
}

const destinations: Readonly<Record<string, (stage: Stage) => Promise<Destination>>> = {
  async otlp(stage) {
    const receiver = await OtlpReceiver.start(stage)
    const options = { endpoint: receiver.url, temporality: 'delta', timeout: 5 }
    return { options, sum: () => receiver.sumOfIntervals('jobs_total') }
  },
  async statsd(stage) {
    const server = await udpSums(stage)
    return { options: { address: server.address, timeout: 5 }, sum: () => server.sum('jobs_total') }
  },
}

interface Sender {
  stop(): Promise<unknown>
  kill(): Promise<unknown>
}

const cases = Object.keys(destinations).flatMap((kind) => seeds.map((seed) => ({ kind, seed })))

describe('the sender of differences changes at random', () => {
  test.for(cases)('$kind, seed $seed: the sums are exact', { timeout: 300_000 }, async ({ kind, seed }, { stage }) => {
    const random = randomFrom(seed * 7919)
    const { options, sum } = await destinations[kind]!(stage)
    const disk = canMount ? smallDisk(stage, '4m') : stage.folder()
    const directory = `${disk}/metrics`
    const settings = { env: { PROMHIVE_DIR: directory } }
    const exporters = JSON.stringify({ [kind]: { ...options, interval: 0.2 } })
    const log: string[] = []
    const counting: Actor[] = []
    const sending: Actor[] = []
    const serving: Sender[] = []
    let total = 0
    let mayLose = 0
    /** Whether a process has ended that counted or sent in this run. */
    let hasDead = false
    const start = async (): Promise<Actor> => {
      const actor = await stage.start(program, settings)
      counting.push(actor)
      return actor
    }
    const count = async (actor: Actor, amount: number): Promise<void> => {
      await actor.ask('count', 'jobs_total', {}, amount)
      total += amount
    }
    const startServe = async (): Promise<void> => {
      const served = await promhiveServe(stage, ['--dir', directory], { PROMHIVE_EXPORTERS: exporters })
      serving.push({
        stop: () => served.stop(),
        async kill() {
          process.kill(served.pid, 'SIGKILL')
          await until(
            () => lives(served.pid),
            (is) => !is,
          )
        },
      })
    }
    const pick = <T>(list: readonly T[]): T => list[below(random, list.length)]!
    const take = <T>(list: T[]): T => list.splice(below(random, list.length), 1)[0]!
    const startSending = async (actor: Actor): Promise<void> => {
      if (sending.includes(actor)) return
      await actor.ask('start', kind, { ...options, interval: 0.2 })
      sending.push(actor)
    }
    const drop = (actor: Actor): void => {
      hasDead = true
      for (const list of [counting, sending]) if (list.includes(actor)) list.splice(list.indexOf(actor), 1)
    }
    /** Waits until everything is sent, and compares. */
    const settle = async (): Promise<void> => {
      if (sending.length + serving.length === 0) await startSending(pick(counting))
      await until(sum, (seen) => seen >= total - mayLose, 20_000).catch(() => {})
      await pause(700)
      const text = `${kind} seed ${seed}: ${log.join(' > ')}`
      expect(sum(), `more than was counted: ${text}`).toBeLessThanOrEqual(total)
      expect(sum(), `less than was counted (may lose ${mayLose}): ${text}`).toBeGreaterThanOrEqual(total - mayLose)
      // What was lost stays lost.
      total = sum()
      mayLose = 0
    }
    const actions: Record<string, () => Promise<unknown>> = {
      count: () => count(pick(counting), 1 + below(random, 9)),
      start: async () => count(await start(), 1 + below(random, 9)),
      sends: async () => startSending(pick(counting)),
      serve: async () => {
        if (serving.length < 2) await startServe()
      },
      stopServe: async () => {
        if (serving.length > 0) await take(serving).stop()
      },
      killServe: async () => {
        if (serving.length === 0) return
        mayLose += Math.max(0, total - sum())
        hasDead = true
        await take(serving).kill()
      },
      stopSending: async () => {
        if (sending.length === 0) return
        hasDead = true
        await take(sending).ask('stop')
      },
      killSender: async () => {
        if (sending.length === 0 || counting.length < 2) return
        const actor = pick(sending)
        mayLose += Math.max(0, total - sum())
        drop(actor)
        await actor.kill()
      },
      killCounting: async () => {
        if (counting.length < 2) return
        const actor = pick(counting)
        if (sending.includes(actor)) mayLose += Math.max(0, total - sum())
        drop(actor)
        await actor.kill()
      },
      newRun: async () => {
        mayLose += Math.max(0, total - sum())
        await Promise.all(counting.splice(0).map((actor) => actor.kill()))
        sending.length = 0
        hasDead = false
        await count(await start(), 1 + below(random, 9))
      },
      full: async () => {
        if (!canMount) return
        const free = fillUp(disk)
        await pause(300)
        await count(pick(counting), 2)
        await pause(300)
        free()
      },
      settle,
      remove: async () => {
        // What dead processes have counted is lost, and what they have sent.
        if (hasDead || sending.length > 0 || serving.length !== 1) return
        await settle()
        rmSync(directory, { recursive: true, force: true })
        await Promise.all(counting.map((actor) => actor.ask('scrape')))
        await count(pick(counting), 1 + below(random, 9))
        // One that is killed before it has moved its notes loses them.
        await settle()
      },
      pause: () => pause(below(random, 300)),
    }
    const names = Object.keys(actions)
    await count(await start(), 3)
    for (let step = 0; step < steps; step++) {
      const name = pick(names)
      log.push(name)
      await actions[name]!()
    }
    await settle()
  })
})

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
