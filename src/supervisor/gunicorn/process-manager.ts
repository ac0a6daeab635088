import { holdAwaited } from '../../platform/held.js'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import { type Logger, standardLogger } from '../log.js'
import { lineageOf, processes } from '../process-sample.js'

/** A process that will not be taken for a later one of the same number. */
interface Descendant {
  readonly pid: number
  readonly startTicks: number
}

/**
 * Ends the processes that this process has started, and their children; no others. Needs /proc.
 *
 * @experimental
 */
export class ProcessManager {
  static {
    holdAwaited(ProcessManager.prototype, 'cleanupProcesses')
  }

  constructor(
    readonly logger: Logger = standardLogger,
    /** Milliseconds between asking and forcing. */
    private readonly grace = 5000,
  ) {}

  /** The processes below this one, each before its own children. */
  descendants(): readonly number[] {
    return descendantsOf(process.pid).map(({ pid }) => pid)
  }

  /**
   * Asks every descendant to end (TERM), waits, and ends those that did not (KILL).
   *
   * @returns how many had to be killed
   */
  async cleanupProcesses(): Promise<number> {
    const all = descendantsOf(process.pid)
    for (const process of all) send(process, 'SIGTERM')
    await ended(all, this.grace)
    // Those that a dying process left to us meanwhile, too.
    const stubborn = [...all, ...descendantsOf(process.pid)].filter(
      (one, i, them) => lives(one) && them.findIndex(({ pid }) => pid === one.pid) === i,
    )
    for (const process of stubborn) send(process, 'SIGKILL')
    await ended(stubborn, this.grace)
    if (stubborn.length > 0) this.logger.warn(`${stubborn.length} processes had to be killed`)
    return stubborn.length
  }
}

function descendantsOf(root: number): Descendant[] {
  const children = new Map<number, Descendant[]>()
  for (const pid of processes()) {
    const lineage = lineageOf(pid)
    if (lineage === undefined || lineage.zombie) continue
    const { parent, startTicks } = lineage
    children.set(parent, [...(children.get(parent) ?? []), { pid, startTicks }])
  }
  const found: Descendant[] = []
  const queue = [root]
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const child of children.get(parent) ?? []) {
      found.push(child)
      queue.push(child.pid)
    }
  }
  return found
}

function lives({ pid, startTicks }: Descendant): boolean {
  const lineage = lineageOf(pid)
  return lineage?.startTicks === startTicks && !lineage.zombie
}

function send(process_: Descendant, signal: NodeJS.Signals): void {
  if (!lives(process_)) return
  try {
    process.kill(process_.pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

/** Waits until none of them is left, or the time is up. */
async function ended(all: readonly Descendant[], milliseconds: number): Promise<void> {
  const end = monotonicNow() + milliseconds
  while (all.some(lives) && monotonicNow() < end) await new Promise((resolve) => setTimeout(resolve, 20))
}
