import { Counter } from '../../metric/counter.js'
import { holdAwaited } from '../../platform/held.js'
import { clearTimeout, setTimeout } from '../../platform/timers.js'
import { type Logger, standardLogger, textOf } from '../log.js'

/** Timeout of a hook, in milliseconds. */
const timeout = 30_000

/**
 * Calls functions of the application so that their errors do not reach the supervisor.
 *
 * @experimental
 */
export class HookManager {
  static {
    holdAwaited(HookManager.prototype, 'safeExecute', 'execute')
  }

  private failures: Counter<'hook'> | undefined

  constructor(
    readonly logger: Logger = standardLogger,
    private readonly milliseconds = timeout,
  ) {}

  /**
   * Calls a function with these arguments and waits for its promise. An error is logged, and counted in
   * `promhive_hook_failures_total` under the function's name; so is a function that has not ended after half a minute.
   *
   * @returns whether the function succeeded
   * @example
   * const hooks = new HookManager()
   * if (!(await hooks.safeExecute(warmUp, server))) console.log('cold, but running')
   */
  async safeExecute<A extends unknown[]>(hook: (...args: A) => unknown, ...args: A): Promise<boolean> {
    // A value that is not a function fails like a hook that throws: no hook may end the process.
    return this.execute(hook?.name || 'anonymous', () => hook(...args))
  }

  /** @internal Calls a hook, and counts failures under this name. */
  async execute(name: string, call: () => unknown): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_, reject) => {
        const text = `not done after ${this.milliseconds / 1000} s`
        timer = setTimeout(() => reject(new Error(text)), this.milliseconds).unref()
      })
      await Promise.race([call(), late])
      return true
    } catch (fault) {
      this.fail(name, fault)
      return false
    } finally {
      clearTimeout(timer)
    }
  }

  private fail(hook: string, fault: unknown): void {
    try {
      this.logger.error(`the hook ${hook} failed, and the server continues: ${textOf(fault)}`)
      this.failures ??= new Counter({
        name: 'promhive_hook_failures_total',
        help: 'Hooks that threw or did not end, by name.',
        labelNames: ['hook'],
      })
      this.failures.inc({ hook })
    } catch {
      // The logger and the name come from the application, and must not throw either.
    }
  }
}
