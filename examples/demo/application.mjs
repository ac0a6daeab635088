import { fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'

const timeout = 60_000

/** The application as a process tree of its own, started and ended by the demo. */
export class Application extends EventEmitter {
  url = ''
  metrics = ''
  /** The page for people. */
  page = ''
  /** Without the native addon counts reach the other processes up to 100 ms late. */
  buffered = false
  #process
  #ended

  constructor() {
    super()
    this.#process = fork(fileURLToPath(new URL('app.mjs', import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // The demo prints the addresses itself.
      env: { ...process.env, PROMHIVE_STARTUP: 'off' },
    })
    this.#process.on('message', ({ event, ...facts }) => {
      if (event === 'buffered') this.buffered = true
      if (event === 'open') Object.assign(this, facts)
      this.emit(event, facts)
    })
    this.#ended = once(this.#process, 'exit')
  }

  /** Resolves when every worker listens. */
  async open() {
    const ended = this.#ended.then(([code, signal]) => {
      throw new Error(`the application ended before it was open (${signal ?? `exit code ${code}`})`)
    })
    await Promise.race([this.next('open'), ended])
  }

  /** Resolves to the facts of the next event of this kind. */
  async next(event) {
    try {
      const [facts] = await once(this, event, { signal: AbortSignal.timeout(timeout) })
      return facts
    } catch (cause) {
      throw new Error(`the application did not report "${event}" within ${timeout / 1000} s`, { cause })
    }
  }

  async close() {
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5_000)
    await this.#ended
    clearTimeout(timer)
  }
}
