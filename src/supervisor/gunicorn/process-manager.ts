import { holdAwaited } from '../../platform/held.js'
import { monotonicNow, setTimeout } from '../../platform/timers.js'
import { type Logger, standardLogger } from '../log.js'
import { lineageOf, processes } from '../process-sample.js'

/** A process, distinguished from a later one with the same pid. */
interface Descendant {
  readonly pid: number
  readonly startTicks: number
}

/**
 * Ends the processes that this process has started, and their children, and no other process. Needs /proc.
 *
 * @experimental
 */
export class ProcessManager {
  static {
    holdAwaited(ProcessManager.prototype, 'cleanupProcesses')
  }

  constructor(
    readonly logger: Logger = standardLogger,
    /** Milliseconds between TERM and KILL. */
    private readonly grace = 5000,
  ) {}

  /** Returns the descendants of this process, each before its own children. */
  descendants(): readonly number[] {
    return descendantsOf(process.pid).map(({ pid }) => pid)
  }

  /**
   * Sends TERM to every descendant, waits, and sends KILL to those that have not ended.
   *
   * @returns the number of killed processes
   */
  async cleanupProcesses(): Promise<number> {
    const all = descendantsOf(process.pid)
    for (const process of all) send(process, 'SIGTERM')
    await ended(all, this.grace)
    // Including orphans that became children of this process meanwhile.
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
  const descendants: Descendant[] = []
  const queue = [root]
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    for (const child of children.get(parent) ?? []) {
      descendants.push(child)
      queue.push(child.pid)
    }
  }
  return descendants
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

/** Waits until all of them have ended, or until the timeout. */
async function ended(all: readonly Descendant[], milliseconds: number): Promise<void> {
  const end = monotonicNow() + milliseconds
  while (all.some(lives) && monotonicNow() < end) await new Promise((resolve) => setTimeout(resolve, 20))
}
