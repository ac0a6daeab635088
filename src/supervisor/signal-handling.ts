import type { Supervisor } from './supervisor.js'
import { signals } from './supervisor-metrics.js'

/**
 * Handles signals as gunicorn does: HUP reloads; TTIN and TTOU add or remove a worker; TERM, INT and QUIT end
 * everything gracefully, and a second one at once. USR2, which would end this process, only logs an explanation.
 *
 * @returns a function that stops handling signals
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
      // If the primary of the application listens for USR2 as well, the signal has a meaning there.
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
