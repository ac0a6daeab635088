import type { Socket } from 'node:net'
import type { MessageChannel } from 'node:worker_threads'

/*
 * Timers that mocks do not replace: the timeout of an unconnected socket. They are used instead of Node's timers only
 * if those were mocked before promhive was loaded and the originals cannot be found.
 */

type TimerRun = (...args: never[]) => void

const longest = 2 ** 31 - 1

class SocketTimer {
  private readonly socket: Socket
  /** Keeps the process running while the timer is pending; a socket timeout alone does not. */
  private keeper: MessageChannel | undefined
  private held = true
  private ended = false
  private readonly milliseconds: number

  constructor(run: TimerRun, milliseconds: number | undefined, args: readonly unknown[], repeats: boolean) {
    const { Socket } = process.getBuiltinModule('node:net')
    // For a socket, 0 means no timeout.
    this.milliseconds = Math.min(Math.max(1, Number(milliseconds) || 1), longest)
    this.socket = new Socket()
    this.socket.on('timeout', () => {
      if (this.ended) return
      if (!repeats) this.end()
      ;(run as (...args: unknown[]) => void)(...args)
      if (!this.ended) this.socket.setTimeout(this.milliseconds)
    })
    this.begin()
  }

  ref(): this {
    this.held = true
    if (!this.ended) this.keep()
    return this
  }

  unref(): this {
    this.held = false
    this.release()
    return this
  }

  hasRef(): boolean {
    return this.held
  }

  refresh(): this {
    this.begin()
    return this
  }

  /** Clears the timer. */
  end(): void {
    this.ended = true
    this.socket.setTimeout(0)
    this.release()
  }

  private begin(): void {
    this.ended = false
    this.socket.setTimeout(this.milliseconds)
    if (this.held) this.keep()
  }

  private keep(): void {
    if (this.keeper !== undefined) return
    const { MessageChannel } = process.getBuiltinModule('node:worker_threads')
    this.keeper = new MessageChannel()
    this.keeper.port1.on('message', () => {})
  }

  private release(): void {
    this.keeper?.port1.close()
    this.keeper = undefined
  }
}

function clear(timer: unknown): void {
  if (timer instanceof SocketTimer) timer.end()
}

/** Node's functions of the same names, without mocks. */
export const socketTimers = {
  setTimeout: (run: TimerRun, milliseconds?: number, ...args: unknown[]) =>
    new SocketTimer(run, milliseconds, args, false),
  setInterval: (run: TimerRun, milliseconds?: number, ...args: unknown[]) =>
    new SocketTimer(run, milliseconds, args, true),
  setImmediate: (run: TimerRun, ...args: unknown[]) => new SocketTimer(run, 1, args, false),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
} as const
