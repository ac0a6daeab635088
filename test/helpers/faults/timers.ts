import { onTestFinished, vi } from 'vitest'

/** Timers that fire when the test calls fire(): an error in a callback would have ended the process. */
export class HandTimers {
  private readonly callbacks = new Map<object, () => void>()

  constructor() {
    const set = vi.spyOn(globalThis, 'setInterval').mockImplementation(((callback: () => void) => {
      const timer = { unref: () => timer }
      this.callbacks.set(timer, callback)
      // A spy keeps its arguments, and with them everything of each life.
      set.mockClear()
      return timer
    }) as never)
    const clear = vi.spyOn(globalThis, 'clearInterval').mockImplementation(((timer: object) => {
      this.callbacks.delete(timer)
    }) as never)
    onTestFinished(() => {
      set.mockRestore()
      clear.mockRestore()
    })
  }

  /** Fires each timer once; returns the errors that they threw. */
  fire(): unknown[] {
    return [...this.callbacks.values()].flatMap((callback) => {
      try {
        callback()
        return []
      } catch (error) {
        return [error]
      }
    })
  }
}
