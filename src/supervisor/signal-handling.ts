import type { Supervisor } from './supervisor.js'
import { signals } from './supervisor-metrics.js'

/**
 * Has signals do what they do in gunicorn: HUP reloads, TTIN and TTOU start one more worker or end one, TERM, INT and QUIT
 * end all of it gracefully. A second one of those does not wait. USR2, which would end this process, is explained.
 *
 * @returns ends it
 */
export function handleSignals(supervisor: Supervisor): () => void {
  let leaving = false
  const leave = (signal: string) => (): void => {
    const name = signal.slice(3)
    if (leaving) void supervisor.kill(1, name)
    else void supervisor.stop(0, name)
    leaving = true
  }
  const actions: Readonly<Record<(typeof signals)[number], () => void>> = {
    SIGHUP: () => void supervisor.reload(),
    SIGTTIN: () => void supervisor.scale(supervisor.size + 1),
    SIGTTOU: () => void supervisor.scale(supervisor.size - 1),
    SIGTERM: leave('SIGTERM'),
    SIGINT: leave('SIGINT'),
    SIGQUIT: leave('SIGQUIT'),
    SIGUSR2() {
      // Where the application's primary listens for it as well, it means something.
      const alone = process.listenerCount('SIGUSR2') === 1
      if (alone) supervisor.explain('USR2 starts no new binary here: HUP gives the workers new code')
    },
  }
  const listeners = signals.map((signal) => {
    const listener = (): void => {
      supervisor.count(signal)
      actions[signal]()
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
