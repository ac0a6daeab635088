import { clearInterval, setInterval } from '../platform/timers.js'
import { textOf } from './log.js'
import { lineageOf, processes } from './process-sample.js'

/** Milliseconds between two checks. */
const lookEvery = 5000

/**
 * Reaps orphaned processes. The kernel makes process 1 their parent, and keeps them as zombies until it reaps them.
 * Node.js reaps only the processes that it started itself.
 */
export class Reaper {
  /** Zombies at the last check, by pid, with their start times. */
  private seen: ReadonlyMap<number, number> = new Map()
  private timer: NodeJS.Timeout | undefined

  /**
   * @param reap collects the exit status of one child; an error that it throws is reported
   * @param warn called once, with a text, if a child cannot be reaped
   */
  constructor(
    private readonly reap: (pid: number) => unknown,
    private readonly warn: (text: string) => void,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => this.look(), lookEvery).unref()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  /**
   * Reaps only processes that were zombies at the previous check: meanwhile, Node.js has reaped those that it started.
   */
  private look(): void {
    const zombies = zombiesOf(process.pid)
    for (const [pid, startTicks] of zombies) if (this.seen.get(pid) === startTicks) this.collect(pid)
    this.seen = zombies
  }

  private collect(pid: number): void {
    try {
      this.reap(pid)
    } catch (cause) {
      this.warn(`process ${pid} has ended and stays a zombie: ${textOf(cause)}; start the container with --init`)
      this.stop()
    }
  }
}

function zombiesOf(parent: number): Map<number, number> {
  const zombies = new Map<number, number>()
  for (const pid of processes()) {
    const lineage = lineageOf(pid)
    if (lineage?.parent === parent && lineage.zombie) zombies.set(pid, lineage.startTicks)
  }
  return zombies
}
